// The header is all there is: this makes it a target.
#include "par.h"
