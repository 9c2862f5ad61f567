internal import Glibc

/// Finds the end of a request head and refuses line ends on which implementations differ.
///
/// Every line must end with CR LF, with neither character anywhere else, and no field may be folded.
/// So the parser behind it always sees one whole, unambiguous head, however the bytes arrived.
struct HeadScanner {
  enum Result: Equatable {
    /// More bytes are needed.
    case incomplete
    /// The head takes this many bytes, its blank line included.
    case complete(Int)
    /// An empty line stands where a request line should; it may be skipped (RFC 9112, section 2.2).
    case emptyLine
    case refused(HTTPProtocolError.Reason)
  }

  private var lineStart = 0
  private var scanned = 0

  /// The bytes of the request line with its line end, once it has ended.
  private(set) var requestLineLength: Int?

  /// Goes on where the last scan ended. `bytes` must begin with the same bytes as before.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Result {
    guard let base = bytes.baseAddress else { return .incomplete }
    let count = bytes.count
    while true {
      guard let found = memchr(base + scanned, 0x0A, count - scanned) else {
        return scanUnfinishedLine(base, count)
      }
      let lineEnd = UnsafeRawPointer(found) - base
      guard lineEnd > lineStart, base.load(fromByteOffset: lineEnd - 1, as: UInt8.self) == 0x0D
      else { return .refused(.bareLineFeed) }
      let length = lineEnd - 1 - lineStart
      if length == 0 { return lineStart == 0 ? .emptyLine : .complete(lineEnd + 1) }
      if memchr(base + lineStart, 0x0D, length) != nil { return .refused(.bareCarriageReturn) }
      let first = base.load(fromByteOffset: lineStart, as: UInt8.self)
      if lineStart == 0 {
        requestLineLength = lineEnd + 1
      } else if first == 0x20 || first == 0x09 {
        return .refused(.foldedHeader)
      } else if first == UInt8(ascii: ":") {
        // llhttp takes a field without a name.
        return .refused(.headerField)
      }
      lineStart = lineEnd + 1
      scanned = lineStart
    }
  }

  private mutating func scanUnfinishedLine(_ base: UnsafeRawPointer, _ count: Int) -> Result {
    if let found = memchr(base + scanned, 0x0D, count - scanned) {
      let position = UnsafeRawPointer(found) - base
      if position < count - 1 { return .refused(.bareCarriageReturn) }
      scanned = position
    } else {
      scanned = count
    }
    return .incomplete
  }
}
