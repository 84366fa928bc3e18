import Catalogue
import Control
import Varlink

/// `ListWorkloads`: the catalogue.
enum WorkloadsHandler {
    /// The reply, the same for everybody.
    static var text: [UInt8] {
        get throws {
            try Reply(ListWorkloads.Reply(workloads: Catalogue.all.map { WorkloadDescription($0) })).parameters
        }
    }
}
