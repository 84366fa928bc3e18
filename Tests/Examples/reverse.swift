// A function for 'parctl run native' in Swift: it hands back its input's characters in reverse.

@_cdecl("backwards")
public func backwards(_ task: UnsafeMutablePointer<par_task>) -> Int32 {
    let input = UnsafeRawBufferPointer(start: task.pointee.input, count: task.pointee.input_size)
    guard let text = String(validating: input, as: UTF8.self) else {
        return par_fail(task, 1, "the input is not UTF-8")
    }
    var reversed = String(text.reversed())
    return reversed.withUTF8 { par_write(task, $0.baseAddress, $0.count) }
}
