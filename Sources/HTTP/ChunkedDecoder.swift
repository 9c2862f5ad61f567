internal import EventLoop

/// Decodes a chunked body (RFC 9112, section 7.1), strictly and byte by byte where it must be.
///
/// Chunk extensions and trailer fields are checked for form and size, and dropped.
struct ChunkedDecoder {
  enum Result: Equatable {
    /// All bytes were taken; more are needed.
    case incomplete
    /// The body ended after this many of the given bytes.
    case complete(Int)
    case refused(HTTPProtocolError)
  }

  private enum State {
    case sizeStart, size, extensions, sizeLineFeed
    case data, dataCarriageReturn, dataLineFeed
    case trailerStart, trailerName, trailerValue, trailerLineFeed, endLineFeed
  }

  private var state = State.sizeStart
  private var remaining = 0
  private var overhead = 0
  private let maximumBody: Int
  private let maximumOverhead: Int

  /// - Parameters:
  ///   - maximumBody: bytes that the decoded body may have.
  ///   - maximumOverhead: bytes that extensions and trailer fields may take together.
  init(maximumBody: Int, maximumOverhead: Int) {
    self.maximumBody = maximumBody
    self.maximumOverhead = maximumOverhead
  }

  /// Takes `bytes`, appending what they carry to `body`.
  mutating func decode(_ bytes: UnsafeRawBufferPointer, into body: ByteBuffer) -> Result {
    var position = 0
    while position < bytes.count {
      if state == .data {
        let length = min(remaining, bytes.count - position)
        body.append(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]))
        position += length
        remaining -= length
        if remaining == 0 { state = .dataCarriageReturn }
        continue
      }
      let byte = bytes[position]
      position += 1
      if state == .endLineFeed {
        return byte == 0x0A ? .complete(position) : .refused(.badRequest(.chunk))
      }
      if let error = take(byte, decoded: body.count) { return .refused(error) }
    }
    return .incomplete
  }

  /// Takes one byte of the framing.
  private mutating func take(_ byte: UInt8, decoded: Int) -> HTTPProtocolError? {
    switch state {
    case .sizeStart, .size: return takeSize(byte, decoded: decoded)
    case .extensions:
      if byte == 0x0D { state = .sizeLineFeed } else { return takeText(byte, .chunk) }
    case .sizeLineFeed:
      guard byte == 0x0A else { return .badRequest(.chunk) }
      state = remaining == 0 ? .trailerStart : .data
    case .dataCarriageReturn:
      guard byte == 0x0D else { return .badRequest(.chunk) }
      state = .dataLineFeed
    case .dataLineFeed:
      guard byte == 0x0A else { return .badRequest(.chunk) }
      state = .sizeStart
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed:
      return takeTrailer(byte)
    case .data, .endLineFeed: preconditionFailure("not a byte of the framing")
    }
    return nil
  }

  private mutating func takeSize(_ byte: UInt8, decoded: Int) -> HTTPProtocolError? {
    if let digit = ASCII.hexadecimal(byte).map({ Int($0) }) {
      remaining = (state == .sizeStart ? 0 : remaining << 4) | digit
      if state == .size {
        // Leading zeros make a line longer, never the number.
        overhead += 1
        if overhead > maximumOverhead { return .headTooLarge }
      }
      state = .size
      return remaining > maximumBody - decoded ? .bodyTooLarge : nil
    }
    guard state == .size else { return .badRequest(.chunk) }
    switch byte {
    case 0x0D: state = .sizeLineFeed
    case UInt8(ascii: ";"): state = .extensions
    default: return .badRequest(.chunk)
    }
    return nil
  }

  private mutating func takeTrailer(_ byte: UInt8) -> HTTPProtocolError? {
    switch (state, byte) {
    case (.trailerStart, 0x0D): state = .endLineFeed
    case (.trailerName, UInt8(ascii: ":")): state = .trailerValue
    case (.trailerStart, _), (.trailerName, _):
      guard Self.isToken(byte) else { return .badRequest(.trailer) }
      state = .trailerName
      return takeText(byte, .trailer)
    case (.trailerValue, 0x0D): state = .trailerLineFeed
    case (.trailerValue, _): return takeText(byte, .trailer)
    case (_, 0x0A): state = .trailerStart
    default: return .badRequest(.trailer)
    }
    return nil
  }

  /// Counts and checks a byte that is dropped.
  private mutating func takeText(
    _ byte: UInt8, _ reason: HTTPProtocolError.Reason
  ) -> HTTPProtocolError? {
    overhead += 1
    if overhead > maximumOverhead { return .headTooLarge }
    let isText = byte >= 0x20 && byte != 0x7F || byte == 0x09
    return isText ? nil : .badRequest(reason)
  }

  /// A character of a field name (RFC 9110, section 5.6.2).
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
