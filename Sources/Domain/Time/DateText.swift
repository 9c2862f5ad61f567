/// Writes instants as people read them.
public enum DateText {
  /// The day: `November 21, 2026`, `2026년 11월 21일`.
  ///
  /// - Parameter offset: minutes that the reader's clock is ahead of UTC.
  public static func day(_ instant: Instant, in language: Language, offset: Int = 0) -> String {
    day(CivilDate(daysSince1970: local(instant, offset).day), in: language)
  }

  /// Day and time: `November 21, 2026, 09:30 (UTC+9)`, `2026년 11월 21일 09:30 (UTC+9)`.
  ///
  /// - Parameter offset: minutes that the reader's clock is ahead of UTC.
  public static func minute(_ instant: Instant, in language: Language, offset: Int = 0) -> String {
    let local = local(instant, offset)
    let minutes = Int(local.seconds) / 60 - local.day * 1_440
    let time = "\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60)) (\(zone(offset)))"
    let day = day(CivilDate(daysSince1970: local.day), in: language)
    return switch language {
    case .english: "\(day), \(time)"
    case .korean: "\(day) \(time)"
    }
  }

  private static func local(_ instant: Instant, _ offset: Int) -> Instant {
    let latest = Instant.latest - .seconds(86_400)
    return min(max(instant, Instant(seconds: 86_400)), latest) + .seconds(offset * 60)
  }

  private static func day(_ date: CivilDate, in language: Language) -> String {
    switch language {
    case .english: "\(englishMonths[date.month - 1]) \(date.day), \(date.year)"
    case .korean: "\(date.year)년 \(date.month)월 \(date.day)일"
    }
  }

  private static func zone(_ offset: Int) -> String {
    guard offset != 0 else { return "UTC" }
    let minutes = Int(offset.magnitude)
    let rest = minutes % 60 == 0 ? "" : ":\(twoDigits(minutes % 60))"
    return "UTC\(offset < 0 ? "-" : "+")\(minutes / 60)\(rest)"
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  private static let englishMonths = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
}
