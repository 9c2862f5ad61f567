internal import EventLoop
internal import Glibc

/// The `Date` field, formatted once a second (RFC 9110, section 5.6.7).
final class DateField {
  private let loop: EventLoop
  private let line = ByteBuffer(capacity: 64)
  @exclusivity(unchecked) private var validUntil: UInt64 = 0

  init(loop: EventLoop) { self.loop = loop }

  /// Appends the field for the present second.
  @inline(__always)
  func write(to output: ByteBuffer) {
    if loop.milliseconds >= validUntil { format() }
    output.append(line.bytes)
  }

  private func format() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    validUntil = loop.milliseconds + 1000 - UInt64(now.tv_nsec / 1_000_000)
    line.removeAll()
    line.append("Date: ")
    line.append(Self.text(secondsSinceEpoch: now.tv_sec))
    line.append("\r\n")
  }

  /// An instant as `Sun, 06 Nov 1994 08:49:37 GMT`.
  static func text(secondsSinceEpoch: Int) -> String {
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    var seconds = secondsSinceEpoch
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date =
      "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) "
      + "\(parts.tm_year + 1900)"
    return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
  }
}
