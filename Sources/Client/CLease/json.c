/* As much of JSON as the daemon's replies need: where the value of a member stands. Anything else is nothing. */
#include "lease.h"
#include <string.h>

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

/* Behind a string that begins here; NULL where none does. */
static const char *skip_string(const char *at, const char *end) {
    if (at >= end || *at != '"') return NULL;
    for (at++; at < end; at++) {
        if (*at == '"') return at + 1;
        if (*at == '\\') at++;
    }
    return NULL;
}

/* Behind a value that begins here; NULL where none does. Brackets are only counted: what is inside is not looked at. */
static const char *skip_value(const char *at, const char *end) {
    size_t depth = 0;
    for (at = skip_space(at, end); at < end; at = skip_space(at, end)) {
        if (*at == '"') {
            at = skip_string(at, end);
            if (!at) return NULL;
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
            continue;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0) return NULL;
            depth--;
            at++;
        } else if (*at == ',' || *at == ':') {
            if (depth == 0) return NULL;
            at++;
            continue;
        } else {
            while (at < end && !strchr(",:]}[{\" \t\n\r", *at)) at++;
        }
        if (depth == 0) return at;
    }
    return NULL;
}

json_part json_member(json_part object, const char *name) {
    json_part none = {NULL, NULL};
    size_t size = strlen(name);
    const char *end = object.end, *at = skip_space(object.start, end);
    if (!object.start || at >= end || *at != '{') return none;
    for (at = skip_space(at + 1, end); at < end && *at == '"'; at = skip_space(at + 1, end)) {
        const char *key = at + 1;
        at = skip_string(at, end);
        if (!at) return none;
        int is_it = (size_t)(at - 1 - key) == size && memcmp(key, name, size) == 0;
        at = skip_space(at, end);
        if (at >= end || *at != ':') return none;
        json_part value = {skip_space(at + 1, end), skip_value(at + 1, end)};
        if (!value.end) return none;
        if (is_it) return value;
        at = skip_space(value.end, end);
        if (at >= end || *at != ',') return none;
    }
    return none;
}

void json_copy(json_part string, char *text, size_t room) {
    if (room == 0) return;
    size_t size = 0;
    if (string.start && string.end - string.start >= 2 && *string.start == '"') {
        size = (size_t)(string.end - string.start) - 2;
        if (size > room - 1) size = room - 1;
        memcpy(text, string.start + 1, size);
    }
    text[size] = 0;
}
