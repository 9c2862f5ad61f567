internal import Glibc

/// Reads and makes small files that hold secrets.
enum KeyFile {
  /// Largest file in bytes.
  static let maximumCount = 64 * 1024

  /// A file that was read.
  struct Contents {
    let bytes: [UInt8]
    /// Whether every user of the machine may read it too.
    let isReadableByAll: Bool
  }

  /// The contents of a regular file that not just anybody may write to: whoever can put a key of
  /// their own there makes tokens at will. `mustBePrivate` refuses also one that others than its
  /// owner may read or that belongs to somebody else.
  static func read(path: String, mustBePrivate: Bool) throws(KeyError) -> Contents {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (mustBePrivate ? O_NOFOLLOW : 0)
    let descriptor = open(path, flags)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .file(path: path, reason: "not a regular file")
    }
    guard status.st_mode & S_IWOTH == 0 else {
      throw .file(path: path, reason: "all users may write to it; its mode must be 0644 or less")
    }
    if mustBePrivate {
      guard status.st_mode & 0o077 == 0 else {
        throw .file(path: path, reason: "others may read it; its mode must be 0600")
      }
      guard status.st_uid == geteuid() || geteuid() == 0 else {
        throw .file(path: path, reason: "it belongs to another user")
      }
    }
    return Contents(
      bytes: try bytes(of: descriptor, path), isReadableByAll: status.st_mode & S_IROTH != 0)
  }

  private static func bytes(of descriptor: Int32, _ path: String) throws(KeyError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: maximumCount + 1)
    var count = 0
    while count < bytes.count {
      let more = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
      }
      if more < 0 && errno == EINTR { continue }
      guard more >= 0 else { throw failure(path) }
      if more == 0 { return Array(bytes.prefix(count)) }
      count += more
    }
    throw .file(path: path, reason: "larger than \(maximumCount) bytes")
  }

  /// Makes the file with mode 0600 and all of `bytes`, or leaves the one that is there: whoever
  /// reads it never sees a part. False if there was one.
  static func create(path: String, bytes: [UInt8]) throws(KeyError) -> Bool {
    var random = SecureRandom()
    let draft = "\(path).\(String(random.next(), radix: 16))"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer {
      close(descriptor)
      unlink(draft)
    }
    guard fchmod(descriptor, 0o600) == 0,
      write(descriptor, bytes, bytes.count) == bytes.count,
      fsync(descriptor) == 0
    else { throw failure(path) }
    if link(draft, path) == 0 { return true }
    guard errno == EEXIST else { throw failure(path) }
    return false
  }

  private static func failure(_ path: String) -> KeyError {
    .file(path: path, reason: String(cString: strerror(errno)))
  }
}
