#define _GNU_SOURCE
#include "CLinux.h"
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Swift's runtime keeps each thread's ID in a variable of that thread, once it has taken one of its locks, and writes it into
// them (include/swift/Threading/Impl/Linux/ulock.h). After a fork that is another process's: as soon as two threads want the
// same lock, neither gets it, and both ask the kernel for it again and again. The variable has no name that could be used
// here, but it is the only word of the runtime's thread-local memory that is the ID.

// One of the runtime itself, and where it is not optimized one of each module that has a Mutex.
enum { MOST_WORDS = 128 };

static struct {
    int32_t tid;
    int32_t *words[MOST_WORDS];
    int32_t count;
} kept;

/// Whether a module has this code, and so the runtime where that is linked statically.
static int is_own(const struct dl_phdr_info *module) {
    uintptr_t here = (uintptr_t)is_own;
    for (int i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &module->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && here - (module->dlpi_addr + part->p_vaddr) < part->p_memsz) return 1;
    }
    return 0;
}

static int find(struct dl_phdr_info *module, size_t size, void *unused) {
    (void)size;
    (void)unused;
    if (!module->dlpi_tls_data) return 0;
    if (!is_own(module) && !strstr(module->dlpi_name, "/libswiftCore.so")) return 0;
    for (int i = 0; i < module->dlpi_phnum; i++) {
        if (module->dlpi_phdr[i].p_type != PT_TLS) continue;
        uintptr_t first = (uintptr_t)module->dlpi_tls_data, end = first + module->dlpi_phdr[i].p_memsz;
        first = (first + sizeof(int32_t) - 1) / sizeof(int32_t) * sizeof(int32_t);
        for (; first + sizeof(int32_t) <= end; first += sizeof(int32_t)) {
            int32_t *word = (int32_t *)first;
            if (*word == kept.tid && kept.count < MOST_WORDS) kept.words[kept.count++] = word;
        }
    }
    return 0;
}

int32_t par_find_thread_id(void) {
    kept.tid = (int32_t)syscall(SYS_gettid);
    kept.count = 0;
    dl_iterate_phdr(find, NULL);
    return kept.count;
}

void par_forget_thread_id(void) {
    for (int32_t i = 0; i < kept.count; i++) *kept.words[i] = 0;
    kept.count = 0;
}
