internal import Glibc

/// Reads and makes small files that hold secrets.
enum KeyFile {
  /// Largest file in bytes.
  static let maximumCount = 64 * 1024

  /// The contents of a regular file. `mustBePrivate` refuses one that others than its owner may read
  /// or that belongs to somebody else.
  static func read(path: String, mustBePrivate: Bool) throws(KeyError) -> [UInt8] {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (mustBePrivate ? O_NOFOLLOW : 0)
    let descriptor = open(path, flags)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .file(path: path, reason: "not a regular file")
    }
    if mustBePrivate {
      guard status.st_mode & 0o077 == 0 else {
        throw .file(path: path, reason: "others may read it; its mode must be 0600")
      }
      guard status.st_uid == geteuid() || geteuid() == 0 else {
        throw .file(path: path, reason: "it belongs to another user")
      }
    }
    return try contents(of: descriptor, path)
  }

  private static func contents(of descriptor: Int32, _ path: String) throws(KeyError) -> [UInt8] {
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
