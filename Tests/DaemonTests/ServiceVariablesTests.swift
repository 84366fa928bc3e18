import Testing

@testable import Daemon

@Suite("The environment of workers")
struct ServiceVariablesTests {
    @Test(
        "has nothing that was meant for the service",
        arguments: [
            "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID",
            "LISTEN_FDNAMES", "CREDENTIALS_DIRECTORY", "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID",
            "MEMORY_PRESSURE_WATCH", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "MAINPID", "MANAGERPID", "TRIGGER_UNIT",
            "PIDFILE", "REMOTE_ADDR", "MONITOR_UNIT", "SERVICE_RESULT", "PARD_IDLE_TIME",
        ])
    func ofService(name: String) {
        #expect(ServiceVariables.isOfService(name[...]))
    }

    @Test(
        "has what commands and libraries go by",
        arguments: [
            "PATH", "HOME", "USER", "LANG", "TMPDIR", "XDG_RUNTIME_DIR", "OPENBLAS_NUM_THREADS", "PAR", "LISTEN",
        ])
    func ofUser(name: String) {
        #expect(!ServiceVariables.isOfService(name[...]))
    }
}
