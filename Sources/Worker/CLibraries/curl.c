#include "CLibraries.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// How long a client waits at most until it looks whether the response is still wanted.
enum { LOOK_MS = 50 };

/// Every function of libcurl that is used.
#define FUNCTIONS(f)                                                                                                   \
    f(curl_global_init) f(curl_easy_init) f(curl_easy_cleanup) f(curl_easy_reset) f(curl_easy_setopt)                  \
        f(curl_easy_getinfo) f(curl_easy_strerror) f(curl_slist_append) f(curl_slist_free_all) f(curl_multi_init)      \
            f(curl_multi_cleanup) f(curl_multi_add_handle) f(curl_multi_remove_handle) f(curl_multi_perform)           \
                f(curl_multi_poll) f(curl_multi_info_read) f(curl_multi_strerror)

/// The functions, each under its own name. Written once, by whoever loads them.
static struct {
#define MEMBER(name) __typeof__(&name) name##_;
    FUNCTIONS(MEMBER)
    int32_t is_loaded;
} curl;

#define CALL(name) curl.name##_

int32_t par_curl_load(const char *file) {
    if (curl.is_loaded) return 0;
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) return -1;
    int32_t missing = 0;
#define FIND(name) missing |= !(*(void **)&curl.name##_ = dlsym(library, #name));
    FUNCTIONS(FIND)
    curl.is_loaded = !missing;
    return missing ? -1 : 0;
}

int32_t par_curl_start(void) {
    // TLS may write to a connection that its other side has closed.
    signal(SIGPIPE, SIG_IGN);
    return CALL(curl_global_init)(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

struct par_client {
    CURL *easy;
    /// Holds the connections.
    CURLM *multi;
    const par_request *request;
    par_response *response;
};

par_client *par_client_new(void) {
    par_client *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client->easy = CALL(curl_easy_init)();
    client->multi = CALL(curl_multi_init)();
    if (client->easy && client->multi) return client;
    par_client_free(client);
    return NULL;
}

void par_client_free(par_client *client) {
    if (client->easy) CALL(curl_easy_cleanup)(client->easy);
    if (client->multi) CALL(curl_multi_cleanup)(client->multi);
    free(client);
}

/// Takes a part of a body. Whatever it returns but `count` ends the request.
static size_t take(char *bytes, size_t size, size_t count, void *data) {
    (void)size;
    par_client *client = data;
    par_response *response = client->response;
    response->bytes += count;
    if (response->bytes > client->request->limit_bytes) {
        response->end = PAR_FETCH_TOO_LARGE;
        return 0;
    }
    long status = 0;
    CALL(curl_easy_getinfo)(client->easy, CURLINFO_RESPONSE_CODE, &status);
    // What comes with an error is not what was asked for.
    if (client->request->file < 0 || status >= 400) return count;
    for (size_t done = 0; done < count;) {
        ssize_t written = write(client->request->file, bytes + done, count - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            response->end = PAR_FETCH_NOT_WRITTEN;
            response->write_errno = errno;
            return 0;
        }
        done += (size_t)written;
    }
    return count;
}

static int add(const char *header, struct curl_slist **headers) {
    struct curl_slist *longer = CALL(curl_slist_append)(*headers, header);
    if (!longer) return -1;
    *headers = longer;
    return 0;
}

/// Puts the request into the handle. -1 if an option is refused or there is no memory; `headers` is to be freed.
static int set(par_client *client, const par_request *request, struct curl_slist **headers, char *error) {
    CURL *easy = client->easy;
    int refused = 0;
#define SET(option, value) refused |= CALL(curl_easy_setopt)(easy, option, value) != CURLE_OK
    SET(CURLOPT_ERRORBUFFER, error);
    SET(CURLOPT_NOSIGNAL, 1L);
    // A request that is given up does not wait for a name to be looked up.
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 1L);
    SET(CURLOPT_MAXREDIRS, (long)request->redirect_limit);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    SET(CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->limit_bytes);
    SET(CURLOPT_USERAGENT, "par");
    SET(CURLOPT_WRITEFUNCTION, take);
    SET(CURLOPT_WRITEDATA, client);
    // These have a body, if an empty one: servers want to know its length.
    int posts = request->body || !strcmp(request->method, "POST") || !strcmp(request->method, "PUT") ||
                !strcmp(request->method, "PATCH");
    if (posts) SET(CURLOPT_POSTFIELDS, request->body ? request->body : "");
    if (!strcmp(request->method, "HEAD")) SET(CURLOPT_NOBODY, 1L);
    // GET, and POST, are what curl does by itself, and after a redirect changes as browsers do.
    else if (strcmp(request->method, posts ? "POST" : "GET")) SET(CURLOPT_CUSTOMREQUEST, request->method);
    // Curl would say that the body is a form's.
    if (posts && !request->body && add("Content-Type:", headers) < 0) return -1;
    for (size_t index = 0; index < request->header_count; index++) {
        if (add(request->headers[index], headers) < 0) return -1;
    }
    SET(CURLOPT_HTTPHEADER, *headers);
    return refused ? -1 : 0;
}

/// Sees the request through.
static CURLcode perform(par_client *client, const uint32_t *cancelled, par_response *response) {
    CURLMcode code = CALL(curl_multi_add_handle)(client->multi, client->easy);
    int running = 1;
    while (code == CURLM_OK && running) {
        if (__atomic_load_n(cancelled, __ATOMIC_RELAXED)) {
            response->end = PAR_FETCH_CANCELLED;
            return CURLE_ABORTED_BY_CALLBACK;
        }
        code = CALL(curl_multi_perform)(client->multi, &running);
        if (code == CURLM_OK && running) code = CALL(curl_multi_poll)(client->multi, NULL, 0, LOOK_MS, NULL);
    }
    int left = 0;
    CURLMsg *message = code == CURLM_OK ? CALL(curl_multi_info_read)(client->multi, &left) : NULL;
    if (message) return message->data.result;
    strncpy(response->error, CALL(curl_multi_strerror)(code), sizeof response->error - 1);
    return CURLE_FAILED_INIT;
}

/// Fills in what curl knows of the request.
static void note(CURL *easy, par_response *response) {
    long status = 0, redirects = 0, connections = 0;
    CALL(curl_easy_getinfo)(easy, CURLINFO_RESPONSE_CODE, &status);
    CALL(curl_easy_getinfo)(easy, CURLINFO_REDIRECT_COUNT, &redirects);
    CALL(curl_easy_getinfo)(easy, CURLINFO_NUM_CONNECTS, &connections);
    response->status = (int32_t)status;
    response->redirects = (uint32_t)redirects;
    response->connections = (uint32_t)connections;
    const struct {
        CURLINFO info;
        uint64_t *place;
    } times[] = {
        {CURLINFO_NAMELOOKUP_TIME_T, &response->lookup_ns},
        {CURLINFO_CONNECT_TIME_T, &response->connect_ns},
        {CURLINFO_APPCONNECT_TIME_T, &response->tls_ns},
        {CURLINFO_STARTTRANSFER_TIME_T, &response->first_byte_ns},
    };
    for (size_t index = 0; index < sizeof times / sizeof *times; index++) {
        curl_off_t microseconds = 0;
        CALL(curl_easy_getinfo)(easy, times[index].info, &microseconds);
        *times[index].place = (uint64_t)microseconds * 1000;
    }
}

void par_fetch(par_client *client, const par_request *request, par_response *response) {
    memset(response, 0, sizeof *response);
    client->request = request;
    client->response = response;
    struct curl_slist *headers = NULL;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (set(client, request, &headers, response->error) == 0) {
        code = perform(client, request->cancelled, response);
        note(client->easy, response);
        CALL(curl_multi_remove_handle)(client->multi, client->easy);
    }
    if (response->end == PAR_FETCHED && code != CURLE_OK) {
        response->end = code == CURLE_FILESIZE_EXCEEDED ? PAR_FETCH_TOO_LARGE : PAR_FETCH_FAILED;
        if (!response->error[0]) strncpy(response->error, CALL(curl_easy_strerror)(code), sizeof response->error - 1);
    }
    // Options refer to what is the caller's; connections and what is known of hosts stay.
    CALL(curl_easy_reset)(client->easy);
    CALL(curl_slist_free_all)(headers);
}
