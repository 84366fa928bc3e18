import LibraryWorkloads
import Linux
import Workers

// The zygote of workers that have a library loaded, and so linked dynamically. Started by pard, never by hand.
ThisProcess.leave(ZygoteProgram.run(LibraryRuntimes.self))
