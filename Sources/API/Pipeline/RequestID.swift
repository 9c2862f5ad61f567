internal import Domain
internal import EventLoop
internal import HTTP

/// A request's id: the client's own or one that was made.
enum RequestID {
  /// It stands in the request's `X-Request-Id`.
  case given
  case made(Identifier)

  /// Lengths that a client's id may have.
  static let lengths = 1...128

  /// Whether a client's id is taken: visible ASCII characters only, so that it can stand in a header
  /// and a log.
  @inline(__always)
  static func isTaken(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard lengths.contains(bytes.count) else { return false }
    for byte in bytes where byte < 0x21 || byte > 0x7E { return false }
    return true
  }

  /// Writes the id as a header field carries it.
  @inline(__always)
  func write(of exchange: HTTPExchange, to output: ByteBuffer) {
    switch self {
    case .given:
      if let bytes = exchange.header(.requestID) { output.append(bytes) }
    case .made(let identifier): output.append(identifier)
    }
  }

  /// Writes the id as it stands between the quotes of a JSON string.
  @inline(__always)
  func writeJSON(of exchange: HTTPExchange, to output: ByteBuffer) {
    switch self {
    case .given:
      guard let bytes = exchange.header(.requestID) else { return }
      for byte in bytes {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          output.append(UInt8(ascii: "\\"))
        }
        output.append(byte)
      }
    case .made(let identifier): output.append(identifier)
    }
  }

  func text(of exchange: HTTPExchange) -> String {
    switch self {
    case .given: exchange.header(.requestID)?.text ?? ""
    case .made(let identifier): identifier.description
    }
  }
}

extension ByteBuffer {
  /// Appends the 36 characters of `identifier`.
  @inline(__always)
  func append(_ identifier: Identifier) {
    appendUninitialized(Identifier.textCount) {
      identifier.writeText(to: $0.baseAddress!)
      return Identifier.textCount
    }
  }
}

/// Random bits for ids that need only be different, not secret: SplitMix64 (Steele, Lea, Flood, 2014)
/// from a random start. The system's generator would cost a system call for each id.
struct FastRandom: RandomNumberGenerator {
  private var state = UInt64.random(in: .min ... .max)

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
