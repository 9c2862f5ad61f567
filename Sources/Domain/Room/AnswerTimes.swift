/// How long the answers of a stretch of time took, and how many failed. Nodes tell it to a room's
/// admitter, which adds up what all nodes tell: percentiles cannot be added, counts can.
///
/// Answers are counted in buckets whose bounds grow by a fourth root of two, from a quarter of a
/// millisecond to some 14 seconds: a percentile is at most a fifth too high.
public struct AnswerTimes: Sendable, Equatable {
  /// The last bucket has no upper bound.
  static let bucketCount = 64
  /// The upper bound of the first bucket, in milliseconds.
  static let firstBound = 0.25
  private static let steps = [
    1, 1.189_207_115_002_721, 1.414_213_562_373_095, 1.681_792_830_507_429,
  ]

  private var buckets = [UInt32](repeating: 0, count: bucketCount)
  public private(set) var answers = 0
  public private(set) var failures = 0

  public init() {}

  /// Counts one answer.
  public mutating func add(milliseconds: Double, isFailure: Bool) {
    buckets[Self.bucket(of: milliseconds)] &+= 1
    answers += 1
    if isFailure { failures += 1 }
  }

  /// Adds what another node tells.
  public mutating func merge(_ other: AnswerTimes) {
    for index in buckets.indices { buckets[index] &+= other.buckets[index] }
    answers += other.answers
    failures += other.failures
  }

  /// Milliseconds that 95 of 100 answers did not exceed; 0 without answers.
  public var percentile95: Double {
    let rank = (answers * 95 + 99) / 100
    var seen = 0
    for (index, count) in buckets.enumerated() where count > 0 {
      seen += Int(count)
      if seen >= rank { return Self.bound(index) }
    }
    return 0
  }

  public var load: AdmissionController.Reading.Load {
    .init(answers: answers, failures: failures, percentile95: percentile95)
  }

  // MARK: Buckets

  /// The upper bound of a bucket in milliseconds; values on it belong to it.
  static func bound(_ index: Int) -> Double {
    firstBound * Double(1 << (index / steps.count)) * steps[index % steps.count]
  }

  static func bucket(of milliseconds: Double) -> Int {
    guard milliseconds > firstBound else { return 0 }
    let ratio = milliseconds / firstBound
    let power = Int(ratio.exponent)
    var index = power * steps.count
    guard index < bucketCount else { return bucketCount - 1 }
    while index < bucketCount - 1, bound(index) < milliseconds { index += 1 }
    return index
  }
}

extension AnswerTimes: CustomStringConvertible {
  /// `failures bucket:count,bucket:count`, the buckets in use.
  public var description: String {
    let counts = buckets.enumerated().filter { $1 > 0 }.map { "\($0):\($1)" }
    return "\(failures) \(counts.joined(separator: ","))"
  }

  /// Reads ``description``.
  public init?(_ text: some StringProtocol) {
    self.init()
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 2, let failures = Int(words[0]), failures >= 0 else { return nil }
    for pair in words[1].split(separator: ",") {
      let parts = pair.split(separator: ":")
      guard parts.count == 2, let index = Int(parts[0]), buckets.indices.contains(index),
        let count = UInt32(parts[1])
      else { return nil }
      buckets[index] &+= count
      answers += Int(count)
    }
    guard failures <= answers else { return nil }
    self.failures = failures
  }
}
