#ifndef CRUNTIME_H
#define CRUNTIME_H

// Nothing to call: what is here runs before the runtime, or takes the place of functions that it calls.

#endif
