#include "CLibraries.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <stddef.h>

/// The functions of libcurl. Written once, by whoever loads it.
static struct {
    __typeof__(&curl_global_init) global_init;
} curl;

int32_t par_curl_load(const char *file) {
    if (curl.global_init) return 0;
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) return -1;
    *(void **)&curl.global_init = dlsym(library, "curl_global_init");
    return curl.global_init ? 0 : -1;
}

int32_t par_curl_start(void) { return curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1; }
