/// What a run found broken: all counted, the first few kept in words.
struct Breaches: Sendable, Equatable {
  /// Descriptions kept; further ones only count.
  static let maximumExamples = 20

  private(set) var count = 0
  private(set) var examples: [String] = []

  mutating func add(_ description: @autoclosure () -> String) {
    count += 1
    if examples.count < Self.maximumExamples { examples.append(description()) }
  }

  mutating func merge(_ other: Breaches) {
    count += other.count
    examples.append(contentsOf: other.examples.prefix(Self.maximumExamples - examples.count))
  }
}
