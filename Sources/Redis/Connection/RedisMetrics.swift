internal import Telemetry

/// What the clients of one name count, over all loops.
struct RedisMetrics {
  private let commands: Counter?
  private let callSeconds: Histogram?
  private let timeouts: Counter?
  private let reconnects: Counter?

  /// With no registry nothing is counted.
  ///
  /// - Parameter server: tells apart the servers of a deployment; `nil` where there is one.
  init(_ registry: MetricsRegistry?, client: String, server: String? = nil) {
    var labels = [("client", client)]
    if let server { labels.append(("server", server)) }
    commands = registry?.counter(
      "spillway_redis_commands_total", "Replies received from Redis.", labels: labels)
    callSeconds = registry?.histogram(
      "spillway_redis_call_seconds", "Time from a call to its reply.", labels: labels)
    timeouts = registry?.counter(
      "spillway_redis_timeouts_total", "Calls that had no reply in time.", labels: labels)
    reconnects = registry?.counter(
      "spillway_redis_reconnects_total", "Attempts to connect again.", labels: labels)
  }

  @inline(__always)
  func replied(after nanoseconds: UInt64) {
    commands?.add(1)
    callSeconds?.observe(nanoseconds: nanoseconds)
  }

  func timedOut(_ count: Int) {
    if count > 0 { timeouts?.add(count) }
  }

  func reconnected() { reconnects?.add(1) }
}
