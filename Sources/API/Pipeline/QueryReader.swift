/// Reads the parameters behind the question mark, in the form that HTML forms send.
public struct QueryReader: Sendable {
  /// A value is `nil` when it is no UTF-8 in percent encoding.
  private let pairs: [(name: String, value: String?)]

  /// Elements of a page when the client names no `limit`.
  public static let defaultLimit = 50
  public static let limits = 1...200
  /// The market that ``RequestContext/market()`` finds.
  static let market = RouteDescription.QueryParameter(
    "market", "The market; the user's own by default, or the tenant's.", .market)

  /// The parameters of every list, for the document.
  public static let page = [
    RouteDescription.QueryParameter(
      "limit", "Elements of a page, \(defaultLimit) by default.", .integer(limits)),
    RouteDescription.QueryParameter(
      "cursor", "The next_cursor of the page before.", .string),
  ]

  init(_ bytes: UnsafeRawBufferPointer) {
    pairs = bytes.split(separator: UInt8(ascii: "&")).compactMap { pair in
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(parts[0]) else { return nil }
      return (name, Self.decoded(parts.dropFirst().first))
    }
  }

  /// The value of `name`, nil when it is absent or empty.
  ///
  /// - Throws: ``APIError`` when it stands twice, since which one counts would be a guess, and when it is
  ///   no UTF-8 in percent encoding.
  public func text(_ name: String) throws(APIError) -> String? {
    let values = pairs.filter { $0.name == name }.map(\.value)
    guard values.count <= 1 else { throw .invalid(name, "stands more than once") }
    guard let found = values.first else { return nil }
    guard let value = found else { throw .invalid(name, "is not UTF-8 in percent encoding") }
    return value.isEmpty ? nil : value
  }

  /// One of the words of `Choice`, nil when it is absent or empty.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, of type: Choice.Type = Choice.self
  ) throws(APIError) -> Choice? where Choice.RawValue == String {
    guard let text = try text(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid(name, "must be one of: \(words)")
    }
    return choice
  }

  public func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let text = try text(name) else { return nil }
    guard let integer = Int(text), range.contains(integer) else {
      throw .invalid(
        name, "must be a whole number between \(range.lowerBound) and \(range.upperBound)")
    }
    return integer
  }

  /// The number of elements that a page shall have.
  public func limit() throws(APIError) -> Int {
    try integer("limit", in: Self.limits) ?? Self.defaultLimit
  }

  /// `cursor` as the `next_cursor` of the page before gave it.
  ///
  /// - Parameter read: reads it; nil for what no page ever gave.
  public func cursor<Cursor>(_ read: (String) -> Cursor?) throws(APIError) -> Cursor? {
    guard let text = try text("cursor") else { return nil }
    guard let cursor = read(text) else {
      throw .invalid("cursor", "must be the next_cursor of the page before")
    }
    return cursor
  }

  /// `+` is a space and `%XX` a byte; nil for what is malformed or no UTF-8.
  private static func decoded(_ bytes: Slice<UnsafeRawBufferPointer>?) -> String? {
    guard let bytes else { return "" }
    var decoded: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): decoded.append(0x20)
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
        else { return nil }
        decoded.append(high << 4 | low)
      default: decoded.append(byte)
      }
    }
    return String(validating: decoded, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
  }
}
