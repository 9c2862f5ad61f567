/// Some of an order's lines, by their places from 0.
public struct LineSet: Hashable, Sendable {
  private var bits: UInt64

  /// Places that a set can name; an order has fewer lines.
  public static let capacity = UInt64.bitWidth

  /// Every line.
  public static let all = LineSet(bits: .max)

  private init(bits: UInt64) { self.bits = bits }

  /// The lines at `places`, each below ``capacity``.
  public init(_ places: some Sequence<Int>) {
    bits = places.reduce(0) { bits, place in
      precondition((0..<Self.capacity).contains(place), "an order has no such line")
      return bits | 1 << UInt64(place)
    }
  }

  /// Whether the line at `place` is among them.
  public func contains(_ place: Int) -> Bool {
    place < Self.capacity && bits & 1 << UInt64(place) != 0
  }

  public var isEmpty: Bool { bits == 0 }

  /// Hexadecimal digits, the first line in the lowest bit.
  var text: String { String(bits, radix: 16) }

  /// Nil for what is not the text of a set.
  init?(text: some StringProtocol) {
    guard let bits = UInt64(text, radix: 16) else { return nil }
    self.bits = bits
    guard self.text == text else { return nil }
  }
}
