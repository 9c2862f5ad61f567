internal import Foundation

/// Reads files that options name.
extension ParsedOptions {
  /// The bytes of a file.
  ///
  /// - Parameter origin: names the option in an error.
  func fileBytes(
    _ path: String, _ origin: String, atMost most: Int
  ) throws(UsageError) -> [UInt8] {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw UsageError("\(origin): cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { try? file.close() }
    let data: Data?
    do {
      data = try file.read(upToCount: most + 1)
    } catch {
      throw UsageError("\(origin): cannot be read")
    }
    let bytes = Array(data ?? Data())
    guard bytes.count <= most else { throw UsageError("\(origin): is larger than \(most) bytes") }
    return bytes
  }
}
