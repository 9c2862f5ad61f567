internal import Glibc

/// Standard output, written without a buffer of its own.
///
/// A reader that has gone away is an error like any other. Foundation's file handles trap there.
enum StandardOutput {
  /// Standard output took no more bytes.
  struct Failed: Error, CustomStringConvertible {
    let code: Int32

    var description: String {
      "cannot write to standard output: \(String(cString: strerror(code)))"
    }
  }

  /// Writes all of `bytes`; to standard error where `descriptor` says so.
  static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) throws(Failed) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failed(code: errno) }
      written += count
    }
  }

  static func write(line: String, to descriptor: Int32 = STDOUT_FILENO) throws(Failed) {
    try write(Array("\(line)\n".utf8), to: descriptor)
  }
}
