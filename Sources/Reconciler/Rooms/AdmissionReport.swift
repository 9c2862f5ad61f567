internal import Redis

/// What one call of the admission script did.
struct AdmissionReport: Equatable {
  let now: Int
  let admitted: Int
  let lapsed: Int
  let expired: Int
  let waiting: Int
  /// Places taken.
  let inside: Int
  /// Visitors inside that take no place.
  let exempt: Int
  let next: Int
  let served: Int
  let needsDraw: Bool

  /// Reads the script's answer; nil for "U", or for what no version answers.
  init?(_ text: String) {
    let line = text.prefix { $0 != "\n" }
    let words = line.split(separator: " ").compactMap { Int($0) }
    guard words.count == 10 else { return nil }
    now = words[0]
    admitted = words[1]
    lapsed = words[2]
    expired = words[3]
    waiting = words[4]
    inside = words[5]
    exempt = words[6]
    next = words[7]
    served = words[8]
    needsDraw = words[9] == 1
  }
}
