#ifndef PAR_INHERITANCE_H
#define PAR_INHERITANCE_H

#include <stdint.h>
#include <sys/types.h>

/// Takes over what `values` say, of which there are PAR_INHERITED_COUNT, as far as this process may: for a program that is
/// about to be executed. In memory that is borrowed it changes nothing.
///
/// Returns 1 where something is left for par_inherit_later(), else 0.
int32_t par_inherit(const int64_t *values);
/// Has process `pid`, a child that has just executed its program, take over what only others can give it: a process that may not be
/// looked into has no rights to files of its own in /proc.
void par_inherit_later(pid_t pid, const int64_t *values);

#endif
