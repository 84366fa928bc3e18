import Linux
import Workers

// The zygote of workers without a library. Started by pard, never by hand.
ThisProcess.leave(ZygoteProgram.run(nil))
