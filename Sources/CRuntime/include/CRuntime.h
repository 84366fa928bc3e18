#ifndef CRUNTIME_H
#define CRUNTIME_H

// Nothing to call: what is here takes the place of functions that Swift's runtime calls.

#endif
