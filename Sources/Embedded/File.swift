internal import Glibc

/// The few file operations of this layer, with errors that name the path.
enum File {
  /// The longest path that fits `sockaddr_un`, its terminating zero left out.
  static let longestSocketPath = 107

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func check(
    _ status: Int32, _ operation: String, _ path: String
  ) throws(EmbeddedError) {
    if status < 0 { throw .file(path: path, operation: operation, code: errno) }
  }

  /// Opens `path` on a descriptor above those that children are given, closed in children.
  static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0
  ) throws(EmbeddedError) -> Int32 {
    let low = Glibc.open(path, flags | O_CLOEXEC, mode)
    try check(low, "open", path)
    defer { close(low) }
    let descriptor = fcntl(low, F_DUPFD_CLOEXEC, Int32(16))
    try check(descriptor, "open", path)
    return descriptor
  }

  /// Makes `path` and the folders above it.
  static func makeDirectories(
    _ path: String, leafMode: mode_t = 0o755
  ) throws(EmbeddedError) {
    if mkdir(path, leafMode) == 0 || errno == EEXIST { return }
    let reason = errno
    guard reason == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw .file(path: path, operation: "make folder", code: reason)
    }
    try makeDirectories(String(path[..<slash]))
    try makeDirectory(path, mode: leafMode)
  }

  static func makeDirectory(_ path: String, mode: mode_t) throws(EmbeddedError) {
    if mkdir(path, mode) != 0, errno != EEXIST {
      throw .file(path: path, operation: "make folder", code: errno)
    }
  }

  static func read(_ path: String) throws(EmbeddedError) -> String {
    let descriptor = try open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      try check(Int32(count), "read", path)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += block[..<count]
    }
  }

  /// Replaces `path` in one step, so that no reader meets half a file.
  static func replace(
    _ path: String, with text: String, owner: ServiceUser
  ) throws(EmbeddedError) {
    let partial = "\(path).new"
    let descriptor = try open(partial, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    defer { close(descriptor) }
    var bytes = ArraySlice(text.utf8)
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      try check(Int32(count), "write", partial)
      bytes = bytes.dropFirst(count)
    }
    try check(fchown(descriptor, owner.user, owner.group), "change the owner of", partial)
    try check(rename(partial, path), "replace", path)
  }

  /// The end of a log: what was written from `offset` on, at most `limit` bytes.
  static func tail(_ path: String, from offset: Int, limit: Int = 2000) -> String {
    guard let text = try? read(path) else { return "" }
    let bytes = text.utf8.dropFirst(offset).suffix(limit)
    return String(decoding: bytes, as: UTF8.self)
  }

  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// The path with links and `..` resolved; the path itself if it does not exist.
  static func canonical(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
