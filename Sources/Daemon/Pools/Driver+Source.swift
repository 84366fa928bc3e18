import Scheduling

extension Driver {
    /// What is waited on, as the event loop's key.
    enum Source {
        case bell
        /// A zygote's socket, and its end.
        case zygote(Int)
        case zygoteEnd(Int)
        case worker(ProcessID)
        /// Where workers of a domain, by its place, ask for files.
        case files(Int)
        /// Children have ended or stopped, of which others may have left some.
        case children
        /// A script's process, by its number, has ended; scripts have sent notes.
        case script(Int)
        case notes

        private static let numberBits: UInt64 = 56

        var key: UInt64 {
            switch self {
            case .bell: 0
            case .zygote(let number): 1 << Self.numberBits | UInt64(number)
            case .zygoteEnd(let number): 2 << Self.numberBits | UInt64(number)
            case .worker(let process): 3 << Self.numberBits | UInt64(process)
            case .files(let domain): 4 << Self.numberBits | UInt64(domain)
            case .children: 5 << Self.numberBits
            case .script(let process): 6 << Self.numberBits | UInt64(process)
            case .notes: 7 << Self.numberBits
            }
        }

        init(key: UInt64) {
            let number = Int(key & (1 << Self.numberBits - 1))
            self =
                switch key >> Self.numberBits {
                case 1: .zygote(number)
                case 2: .zygoteEnd(number)
                case 3: .worker(number)
                case 4: .files(number)
                case 5: .children
                case 6: .script(number)
                case 7: .notes
                default: .bell
                }
        }
    }
}
