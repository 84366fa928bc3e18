# How a script ends: what it has raised, and what an interpreter does at its end.

import atexit
import gc
import os
import signal
import sys
import types
import weakref

# How long those who are told of the end have a processor for themselves.
END_MICROSECONDS = 1000


def exit_code(error):
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(1 << 63) <= code < 1 << 63 else 0xFF
    try:
        sys.stderr.write(str(code))
        sys.stderr.write("\n")
    except BaseException:
        pass
    return 1


def show(error):
    """Prints what the script has raised, with its own frames only."""
    State.library.parpython_print(error.with_traceback(own_frames(error.__traceback__)))
    return 1


def own_frames(trace):
    """What a traceback has from the script on."""
    while trace is not None and trace.tb_frame.f_code.co_filename == "parscript":
        trace = trace.tb_next
    return trace


def finish(code):
    """What an interpreter does at its end, in that order; without giving memory back, which the process's end does sooner."""
    threading = sys.modules.get("threading")
    if threading is not None:
        guard(threading._shutdown, threading)
    if sys.version_info >= (3, 10):
        guard(atexit._run_exitfuncs, None)
    else:
        # What they raise it has printed, and raises it all the same.
        raised_by(atexit._run_exitfuncs)
    status = flush_streams()
    forget()
    # What finalizers have written. An interpreter says nothing of it any more.
    for stream in (sys.stdout, sys.stderr):
        raised_by(lambda: stream.flush())
    State.flush_c(None)
    return code if status else 120


def guard(body, place):
    error = raised_by(body)
    if error is not None:
        ignore(error, error.__traceback__, place)


def raised_by(body):
    """What it has raised, from its own frames on."""
    try:
        body()
    except BaseException as error:
        # This function's frame, and then those of what was called. No name is given to what would hold on to the frame, and so to
        # what is called, which may be about to go.
        return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)


def ignore(error, trace, place, message=None):
    """Tells of an exception that can't be raised any more, by what the script has for that."""
    sys.unraisablehook(State.ignored((type(error), error, trace, message, place)))


def flush_streams():
    """Returns whether all could be written."""
    is_done = True
    for stream, is_told in ((sys.stdout, True), (sys.stderr, False)):
        if stream is None or getattr(stream, "closed", False):
            continue
        error = raised_by(stream.flush)
        if error is not None:
            is_done = False
            if is_told:
                # Its own frames, if it has any.
                if sys.version_info >= (3, 13):
                    when = "while" if sys.version_info >= (3, 14) else "on"
                    ignore(error, error.__traceback__, None, f"Exception ignored {when} flushing sys.stdout")
                else:
                    ignore(error, error.__traceback__, stream)
    return is_done


def forget():
    """Lets go of all that the script has made, so that it ends as its makers want it to."""
    hook = sys.unraisablehook

    def without_frames(ignored):
        # What finalizers raise where no code of Python's is run gets the frame of who lets go.
        kind, error, trace, message, place = ignored
        if error is not None:
            error.__traceback__ = own_frames(error.__traceback__)
        hook(State.ignored((kind, error, own_frames(trace), message, place)))

    sys.unraisablehook = without_frames
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            setattr(sys, name, None)
    own = [name for name in sys.modules if name not in State.modules or name == "__main__"]
    left = []
    for name in own:
        module = sys.modules.pop(name, None)
        if isinstance(module, types.ModuleType):
            left.append(weakref.ref(module))
        del module
    gc.collect()
    for reference in reversed(left):
        module = reference()
        if module is not None:
            clear(module.__dict__)
    if left:
        gc.collect()


def clear(names):
    """As modules are cleared: first what begins with one underscore, then the rest."""
    for name in list(names):
        if name[:1] == "_" and name[:2] != "__":
            names[name] = None
    for name in list(names):
        if name != "__builtins__":
            names[name] = None


def end(note, order, code, interrupted, imports):
    """Ends the process. What it had open is given back before anybody is told; what is left then is memory."""
    if note is None:
        os._exit(code)
    if sys.version_info >= (3, 10):
        os.closerange(0, (1 << 31) - 1)
    else:
        # It would close each number by itself.
        for number in os.listdir("/proc/self/fd"):
            try:
                os.close(int(number))
            except OSError:
                pass
    words = ["signal", int(signal.SIGINT)] if interrupted else ["ended", code]
    for name, taken in longest(imports):
        words += [name, taken]
    note.send(order, *words)
    # Those who wait for that may want this processor, which would be busy with this process's memory for longer than they are.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    if len(sys._current_frames()) == 1:
        State.pause(END_MICROSECONDS)
    if interrupted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)
