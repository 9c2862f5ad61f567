internal import Glibc

/// Files that the user names, or that a run needs.
enum OutputFile {
  /// Opens `path` for writing, emptied, and returns the descriptor.
  ///
  /// What is there is written into and never replaced: the path may be a device, a pipe or a link.
  /// Foundation's own ways put a new file in its place, which root may do even to `/dev/null`.
  ///
  /// - Throws: `ScenarioError`.
  static func open(_ path: String) throws(ScenarioError) -> Int32 {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw ScenarioError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  /// Makes `bytes` the content of `path`.
  ///
  /// - Throws: `ScenarioError`.
  static func write(_ bytes: some Collection<UInt8>, to path: String) throws(ScenarioError) {
    let descriptor = try open(path)
    defer { close(descriptor) }
    let bytes = Array(bytes)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw ScenarioError("cannot write \(path): \(String(cString: strerror(errno)))")
      }
      written += count
    }
  }
}
