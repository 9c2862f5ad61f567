internal import Domain
internal import EventLoop

/// How many visitors a room has admitted in all, as the server itself counts, time and again. Pure: moments are
/// given, in nanoseconds of the monotonic clock.
struct AdmissionCounter: Sendable {
  private let perSecond: Int
  private let start: UInt64
  /// Of all readings, the admissions less what the rate had given by then.
  private var lowest: Double
  private(set) var breaches = Breaches()
  private(set) var readings = 0
  private(set) var admitted = 0

  /// Seconds' worth of the rate that may be in a window beyond its length. The window begins anywhere in a
  /// second; and what was admitted just before it may be counted within, when its answer is late.
  static let slack = 2.0

  /// - Parameter start: a moment at which the room had admitted nobody.
  init(admissionsPerSecond: Int, start: UInt64) {
    perSecond = admissionsPerSecond
    self.start = start
    lowest = 0
  }

  /// Holds a reading against all that came before.
  ///
  /// - Parameters:
  ///   - count: admissions in all, at some moment between both of the others.
  ///   - asked: when it was asked for.
  ///   - told: when the answer came.
  mutating func read(_ count: Int, asked: UInt64, told: UInt64) {
    readings += 1
    admitted = max(admitted, count)
    // What a window that begins here starts from; of a process that has begun anew as well.
    let level = Double(count) - given(by: asked)
    let excess = Double(count) - given(by: told) - Double(perSecond) * Self.slack - lowest
    guard excess > 0 else {
      lowest = min(lowest, level)
      return
    }
    let more = Int(excess.rounded(.up))
    breaches.add("the server admitted \(more) more than \(perSecond)/s allow, \(count) in all")
    // The same ones are told once.
    lowest = level
  }

  /// What the rate gives from the start to a moment.
  private func given(by moment: UInt64) -> Double {
    Double(perSecond) * Double(moment - min(moment, start)) / 1e9
  }

  private static let name = "spillway_room_admissions_total{"

  /// The admissions of a room in a server's metrics; nil where they do not tell, as those of a process that
  /// does not admit.
  static func count(of room: Identifier, in metrics: String) -> Int? {
    for line in metrics.split(separator: "\n")
    where line.hasPrefix(name) && line.contains("\"\(room)\"") {
      return line.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) }
    }
    return nil
  }
}
