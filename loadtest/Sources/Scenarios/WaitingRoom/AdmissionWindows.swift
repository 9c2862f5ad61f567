/// Admissions of which nobody knows the moment, only between which two moments each came; and whether there
/// was any window of time in which there were more of them than a rate allows.
///
/// A window that holds both moments of an admission holds the admission. So whatever is found was so, however far
/// apart visitors ask.
struct AdmissionWindows: Sendable {
  /// Moments of the monotonic clock in nanoseconds: the last at which the visitor waited, and that at which it
  /// heard of its admission.
  struct Span: Sendable {
    let from: UInt64
    let to: UInt64
  }

  private var spans: [Span] = []

  /// A window with more admissions than there may be.
  struct Finding: Equatable {
    let admissions: Int
    let seconds: Double
    let allowed: Int
  }

  mutating func add(from: UInt64, to: UInt64) { spans.append(Span(from: min(from, to), to: to)) }

  var count: Int { spans.count }

  /// The window that exceeds the rate furthest; nil where none does. In a window of so many seconds there may
  /// be the rate times those, and that of one second more: none of them begins where a window does.
  func worst(perSecond rate: Int) -> Finding? {
    guard let base = spans.map(\.from).min() else { return nil }
    func seconds(_ moment: UInt64) -> Double { Double(moment - base) / 1e9 }
    let begins = Set(spans.map(\.from)).sorted()
    let index = Dictionary(uniqueKeysWithValues: begins.enumerated().map { ($1, $0) })
    // For each beginning the admissions since then, less what the rate gives until now.
    var tree = RaisedPrefixes(begins.map { Double(rate) * seconds($0) })
    var worst: (excess: Double, finding: Finding)?
    let ordered = spans.sorted { $0.to < $1.to }
    for span in ordered {
      tree.raise(through: index[span.from]!)
      // Beginnings after this end have no admissions yet and would only seem to have some.
      var (low, high) = (0, begins.count)
      while low < high {
        let middle = (low + high) / 2
        if begins[middle] <= span.to { low = middle + 1 } else { high = middle }
      }
      let (value, begin) = tree.largest(before: low)
      let excess = value - Double(rate) * (seconds(span.to) + 1)
      guard excess > 1e-6, excess > worst?.excess ?? 0 else { continue }
      let length = seconds(span.to) - seconds(begins[begin])
      let allowed = Double(rate) * (length + 1)
      worst = (
        excess,
        Finding(
          admissions: Int((allowed + excess).rounded()), seconds: length, allowed: Int(allowed))
      )
    }
    return worst?.finding
  }
}

/// Numbers whose first ones can be raised together, and the largest of the first ones found: a segment tree.
private struct RaisedPrefixes {
  private let size: Int
  /// The largest number below each node and where it is, without what nodes above have been raised by.
  private var largest: [(value: Double, index: Int)]
  private var raised: [Double]

  init(_ values: [Double]) {
    var size = 1
    while size < values.count { size *= 2 }
    self.size = size
    largest = Array(repeating: (-Double.infinity, 0), count: 2 * size)
    raised = Array(repeating: 0, count: 2 * size)
    for (index, value) in values.enumerated() { largest[size + index] = (value, index) }
    for node in stride(from: size - 1, to: 0, by: -1) {
      largest[node] = Self.larger(largest[2 * node], largest[2 * node + 1])
    }
  }

  private static func larger(
    _ one: (value: Double, index: Int), _ other: (value: Double, index: Int)
  ) -> (value: Double, index: Int) { one.value >= other.value ? one : other }

  /// Raises all numbers up to that at `index` by one.
  mutating func raise(through index: Int) { raise(before: index + 1, node: 1, from: 0, to: size) }

  private mutating func raise(before end: Int, node: Int, from: Int, to: Int) {
    guard from < end else { return }
    if to <= end {
      largest[node].value += 1
      raised[node] += 1
      return
    }
    let middle = (from + to) / 2
    raise(before: end, node: 2 * node, from: from, to: middle)
    raise(before: end, node: 2 * node + 1, from: middle, to: to)
    largest[node] = Self.larger(largest[2 * node], largest[2 * node + 1])
    largest[node].value += raised[node]
  }

  /// The largest of the numbers in front of that at `end`, and where it is.
  func largest(before end: Int) -> (value: Double, index: Int) {
    largest(before: end, node: 1, from: 0, to: size)
  }

  private func largest(
    before end: Int, node: Int, from: Int, to: Int
  ) -> (value: Double, index: Int) {
    guard from < end else { return (-.infinity, 0) }
    if to <= end { return largest[node] }
    let middle = (from + to) / 2
    var found = Self.larger(
      largest(before: end, node: 2 * node, from: from, to: middle),
      largest(before: end, node: 2 * node + 1, from: middle, to: to))
    found.value += raised[node]
    return found
  }
}
