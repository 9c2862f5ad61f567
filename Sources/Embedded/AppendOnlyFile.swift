internal import Foundation
internal import Glibc

/// A file that Redis appends commands to, as arrays of bulk strings (`src/aof.c` of Redis 7.0).
///
/// A server that dies in the middle of a write leaves part of a command at the end. When Redis loads such a
/// file it cuts that part off, but nothing else: of a transaction, which is what a script's effects are
/// written as, the commands before it stay in the file without an `EXEC`. They have no effect then. But what
/// is written behind them falls into the same transaction, and the next load carries out all of it: a part of
/// what a script did that nobody was answered, and never the last of it, the fact.
struct AppendOnlyFile {
  let path: String

  /// The one in a server's data folder that is written to; nil where there is none yet.
  static func last(inData folder: String) -> AppendOnlyFile? {
    let folder = "\(folder)/appendonlydir"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let last = names.filter { $0.hasSuffix(".incr.aof") }.max { number(of: $0) < number(of: $1) }
    return last.map { AppendOnlyFile(path: "\(folder)/\($0)") }
  }

  /// `appendonly.aof.<number>.incr.aof`
  private static func number(of name: String) -> Int {
    name.split(separator: ".").compactMap { Int($0) }.last ?? 0
  }

  /// Cuts a transaction off that the file ends in the middle of. Leaves a file alone that is malformed
  /// before its end: Redis refuses it, and says where.
  ///
  /// - Returns: how many bytes went.
  @discardableResult
  func cutUnfinishedTransaction() throws(EmbeddedError) -> Int {
    let descriptor = try File.open(path, O_RDWR | O_NOFOLLOW)
    defer { close(descriptor) }
    var status = stat()
    try File.check(fstat(descriptor, &status), "read", path)
    let count = Int(status.st_size)
    guard count > 0 else { return 0 }
    guard let map = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), map != MAP_FAILED
    else { throw .file(path: path, operation: "read", code: errno) }
    defer { munmap(map, count) }
    var scan = AppendOnlyScan(UnsafeRawBufferPointer(start: map, count: count))
    guard let whole = scan.startOfUnfinishedTransaction() else { return 0 }
    try File.check(ftruncate(descriptor, off_t(whole)), "cut", path)
    try File.check(fsync(descriptor), "write", path)
    return count - whole
  }
}

/// Reads the commands of an append-only file, one after the other.
private struct AppendOnlyScan {
  private enum End: Error {
    /// The file ends within a command.
    case cut
    case malformed
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Where the transaction begins that the file ends within; nil where it ends outside of one.
  mutating func startOfUnfinishedTransaction() -> Int? {
    var start: Int?
    do throws(End) {
      while position < bytes.count {
        let here = position
        guard let name = try command() else { continue }
        if Self.isName(name, "MULTI"), start == nil { start = here }
        if Self.isName(name, "EXEC") { start = nil }
      }
      return start
    } catch {
      return error == .cut ? start : nil
    }
  }

  /// Passes over a command and returns its name; nil for a line of the file's own.
  private mutating func command() throws(End) -> UnsafeRawBufferPointer? {
    if bytes[position] == UInt8(ascii: "#") {
      while try next() != UInt8(ascii: "\n") {}
      return nil
    }
    let count = try number(behind: "*")
    guard count > 0 else { throw .malformed }
    let name = try argument()
    for _ in 1..<count { _ = try argument() }
    return name
  }

  private mutating func argument() throws(End) -> UnsafeRawBufferPointer {
    let count = try number(behind: "$")
    guard bytes.count - position >= count else { throw .cut }
    let argument = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    position += count
    try pass("\r")
    try pass("\n")
    return argument
  }

  /// A number of a line of its own.
  private mutating func number(behind mark: Unicode.Scalar) throws(End) -> Int {
    try pass(mark)
    var number = 0
    while true {
      let byte = try next()
      if byte == UInt8(ascii: "\r") { break }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), number <= 1 << 40 else {
        throw .malformed
      }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    try pass("\n")
    return number
  }

  private mutating func pass(_ mark: Unicode.Scalar) throws(End) {
    guard try next() == UInt8(ascii: mark) else { throw .malformed }
  }

  private mutating func next() throws(End) -> UInt8 {
    guard position < bytes.count else { throw .cut }
    defer { position += 1 }
    return bytes[position]
  }

  private static func isName(_ name: UnsafeRawBufferPointer, _ wanted: StaticString) -> Bool {
    // Redis writes these two in capital letters.
    name.elementsEqual(
      UnsafeBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount))
  }
}
