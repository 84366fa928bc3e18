/// Python's pools by the names that people know, and those by which Peers/pools.py knows them.
enum Peers {
    static let processes = [
        ("ProcessPoolExecutor", "process"), ("… by forkserver", "forkserver"), ("… by spawn", "spawn"),
        ("multiprocessing.Pool", "multiprocessing"), ("loky", "loky"), ("joblib", "joblib"), ("mpire", "mpire"),
    ]
    static let threads = [("ThreadPoolExecutor", "thread"), ("InterpreterPoolExecutor", "interpreter")]

    /// What brings one that is not here.
    static func remedy(_ name: String) -> String? {
        let base = name.prefix { $0 != "." && $0 != " " }
        return switch base {
        case "loky", "joblib", "mpire": "pip install \(base)"
        case "InterpreterPoolExecutor": "Python 3.14 or later"
        case "parallel": "apt install parallel"
        case "xargs": "apt install findutils"
        case "rush": "github.com/shenwei356/rush"
        default: nil
        }
    }
}
