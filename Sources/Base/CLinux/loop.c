#include "CLinux.h"

uint64_t par_add_range(uint64_t sum, uint64_t from, uint64_t to) {
    for (uint64_t i = from; i < to; i++) {
        sum += i;
        // An empty instruction that claims to change the sum: each addition has to be made before the next one.
        __asm__ volatile("" : "+r"(sum));
    }
    return sum;
}
