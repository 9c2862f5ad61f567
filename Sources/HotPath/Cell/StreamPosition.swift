/// The id of a stream entry: milliseconds of Redis' clock and a sequence within them.
public struct StreamPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let milliseconds: Int
  public let sequence: Int

  /// Before all entries.
  public static let zero = StreamPosition(milliseconds: 0, sequence: 0)

  public init(milliseconds: Int, sequence: Int) {
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  /// Parses `<milliseconds>-<sequence>`.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let milliseconds = Int(parts[0]), let sequence = Int(parts[1]),
      milliseconds >= 0, sequence >= 0
    else { return nil }
    self.init(milliseconds: milliseconds, sequence: sequence)
  }

  public static func < (a: StreamPosition, b: StreamPosition) -> Bool {
    (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence)
  }

  public var description: String { "\(milliseconds)-\(sequence)" }
}
