#ifndef PAR_INHERITANCE_H
#define PAR_INHERITANCE_H

#include <stdint.h>

/// Takes over what `values` say, of which there are PAR_INHERITED_COUNT, as far as this process may: for a program that is
/// about to be executed. In memory that is borrowed it changes nothing.
void par_inherit(const int64_t *values);

#endif
