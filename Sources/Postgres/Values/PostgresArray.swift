/// A one-dimensional array as a parameter, already in the server's binary form.
public struct PostgresArray: Sendable, Hashable {
  let type: PostgresType
  let bytes: [UInt8]

  /// An array of `elements`, none of them null.
  public init<Element: PostgresEncodable>(_ elements: some Collection<Element>) {
    var encoder = Encoder(elementType: Element.postgresType, count: elements.count)
    for element in elements { encoder.append(element) }
    self.init(encoder)
  }

  /// An array of `elements`, `nil` as null.
  public init<Element: PostgresEncodable>(_ elements: some Collection<Element?>) {
    var encoder = Encoder(elementType: Element.postgresType, count: elements.count)
    for element in elements {
      if let element { encoder.append(element) } else { encoder.appendNull() }
    }
    self.init(encoder)
  }

  private init(_ encoder: Encoder) {
    self.init(type: encoder.type, bytes: encoder.bytes)
  }

  init(type: PostgresType, bytes: [UInt8]) {
    self.type = type
    self.bytes = bytes
  }

  /// Dimensions, a flag for nulls, the element's type, count, lower bound; then each element with
  /// its length in front, −1 for null (`array_send` in PostgreSQL's `arrayfuncs.c`).
  private struct Encoder {
    let type: PostgresType
    var bytes: [UInt8] = []
    private static let flagOffset = 4

    init(elementType: PostgresType, count: Int) {
      type = elementType.array
      bytes.reserveCapacity(20 + count * 12)
      bytes.append(bigEndian: Int32(count == 0 ? 0 : 1))
      bytes.append(bigEndian: Int32(0))
      bytes.append(bigEndian: elementType.identifier)
      if count > 0 {
        bytes.append(bigEndian: Int32(count))
        bytes.append(bigEndian: Int32(1))
      }
    }

    mutating func append(_ element: some PostgresEncodable) {
      let start = bytes.count
      bytes.append(bigEndian: Int32(0))
      element.encode(into: &bytes)
      bytes.overwrite(bigEndian: Int32(bytes.count - start - 4), at: start)
    }

    mutating func appendNull() {
      bytes.overwrite(bigEndian: Int32(1), at: Self.flagOffset)
      bytes.append(bigEndian: Int32(-1))
    }
  }
}
