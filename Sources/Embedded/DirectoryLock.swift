internal import Glibc

/// An exclusive lock on a folder, held as long as the value lives and at most as long as its process.
///
/// The kernel drops the lock (`flock`) with the last descriptor, so nothing stale can remain.
public final class DirectoryLock: Sendable {
  /// The folder that is locked.
  public let directory: String
  private let descriptor: Int32

  private static let fileName = "owner.lock"

  /// Locks `directory`, which must exist.
  ///
  /// - Throws: ``EmbeddedError/folderInUse(folder:owner:)`` at once if another owner lives.
  public init(directory: String) throws(EmbeddedError) {
    self.directory = directory
    let path = "\(directory)/\(Self.fileName)"
    let opened = try File.open(path, O_RDWR | O_CREAT, mode: 0o600)
    guard Self.lock(opened) else {
      let owner = Self.writtenOwner(opened)
      close(opened)
      throw .folderInUse(folder: directory, owner: owner)
    }
    // Not before: `deinit` also follows a throw once all properties are set, and would close it again.
    descriptor = opened
    writeOwner()
  }

  /// Microseconds between two attempts.
  private static let pause: UInt32 = 100

  /// Tries until it has the lock or another owner holds it: who only asks for the owner shares the lock, for a
  /// moment.
  private static func lock(_ descriptor: Int32) -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return false }
      flock(descriptor, LOCK_UN)
      usleep(pause)
    }
    return true
  }

  deinit {
    // Another thread may be starting a program just now, whose copy of the descriptor lives until
    // it is run: closing alone would keep the lock until then.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// The process that owns `directory`, or `nil` if nobody does.
  public static func owner(of directory: String) -> Int32? {
    guard let descriptor = try? File.open("\(directory)/\(fileName)", O_RDONLY) else { return nil }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return nil }
    return writtenOwner(descriptor)
  }

  private func writeOwner() {
    var text = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    pwrite(descriptor, &text, text.count, 0)
  }

  private static func writtenOwner(_ descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
  }
}
