internal import EventLoop

/// An HTML text with names in double braces, which are filled in step by step.
struct HTMLTemplate: Sendable {
  private enum Piece: Sendable {
    case bytes([UInt8])
    case name(String)
  }

  private var pieces: [Piece]

  /// Takes a text apart. Traps on braces that do not close: the text is part of the program.
  init(_ text: String) {
    pieces = []
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      pieces.append(.bytes(Array(rest[..<open.lowerBound].utf8)))
      let behind = rest[open.upperBound...]
      guard let close = behind.firstRange(of: "}}") else {
        preconditionFailure("braces do not close")
      }
      pieces.append(.name(String(behind[..<close.lowerBound])))
      rest = behind[close.upperBound...]
    }
    pieces.append(.bytes(Array(rest.utf8)))
  }

  /// What may stand for a name.
  enum Value: Sendable {
    /// Anybody's text, which is escaped.
    case text(String)
    /// The program's own markup.
    case markup(String)

    fileprivate var bytes: [UInt8] {
      switch self {
      case .text(let text): HTMLTemplate.escaped(text)
      case .markup(let markup): Array(markup.utf8)
      }
    }
  }

  /// The template with some of its names filled in.
  func filled(_ values: [String: Value]) -> HTMLTemplate {
    var filled = self
    filled.pieces = []
    var open: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): open += bytes
      case .name(let name):
        if let value = values[name] {
          open += value.bytes
        } else {
          filled.pieces += [.bytes(open), piece]
          open = []
        }
      }
    }
    filled.pieces.append(.bytes(open))
    return filled
  }

  /// Writes the text. Traps if a name has no value.
  func write(_ values: [String: Value], to output: ByteBuffer) {
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): output.append(bytes)
      case .name(let name):
        guard let value = values[name] else { preconditionFailure("nothing stands for \(name)") }
        output.append(value.bytes)
      }
    }
  }

  /// Text as it may stand between tags and in a quoted attribute.
  static func escaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): bytes += "&amp;".utf8
      case UInt8(ascii: "<"): bytes += "&lt;".utf8
      case UInt8(ascii: ">"): bytes += "&gt;".utf8
      case UInt8(ascii: "\""): bytes += "&quot;".utf8
      case UInt8(ascii: "'"): bytes += "&#39;".utf8
      default: bytes.append(byte)
      }
    }
    return bytes
  }
}
