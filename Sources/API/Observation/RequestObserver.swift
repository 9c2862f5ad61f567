internal import EventLoop
internal import HTTP
internal import Telemetry

/// Sees every request end: counts it and, where it matters, logs it. One a loop. Loop-confined.
final class RequestObserver {
  let logger: Logger
  /// Requests that no route took, and those that the server refused by itself.
  let unrouted: RouteMetrics
  private let loop: EventLoop
  private var budget = LogBudget()
  private var random = FastRandom()
  private let logsEverything: Bool

  init(loop: EventLoop, logger: Logger, metrics: MetricsRegistry) {
    self.loop = loop
    self.logger = logger
    unrouted = RouteMetrics(route: RouteMetrics.noRoute, method: "", registry: metrics)
    logsEverything = logger.writes(.debug)
  }

  /// A request is about to be answered, or the server has just ended it. Its bytes are readable.
  @inline(__always)
  func finished(_ request: HotRequest, status: Int) {
    let age = request.age
    request.route.metrics.record(status: status, nanoseconds: age)
    if let meter = request.meter { meter.observe(nanoseconds: age, isFailure: status >= 500) }
    if logsEverything || status >= 500 || request.route.logsAlways {
      log(request, status: status, nanoseconds: age)
    }
  }

  /// A request without a route, or one that was refused before it had an object.
  func finishedUnrouted(status: Int, nanoseconds: UInt64) {
    unrouted.record(status: status, nanoseconds: nanoseconds)
    logger.debug("request refused", [("status", .int(status))])
  }

  private func log(_ request: HotRequest, status: Int, nanoseconds: UInt64) {
    // A probe that finds the program not ready has not failed.
    if status >= 500, request.route.needsTenant {
      guard budget.take(now: loop.milliseconds) else { return }
      var line = fields(of: request, status: status, nanoseconds: nanoseconds)
      if let suppressed = budget.takeSuppressed() {
        line.append(("suppressed_lines", .int(suppressed)))
      }
      logger.warning("request failed", line)
    } else if request.route.logsAlways {
      logger.info(
        "administration", fields(of: request, status: status, nanoseconds: nanoseconds))
    } else {
      logger.debug("request", fields(of: request, status: status, nanoseconds: nanoseconds))
    }
  }

  /// What a line tells of a request. One that was given no trace begins one here: only lines name it.
  private func fields(
    of request: HotRequest, status: Int, nanoseconds: UInt64
  ) -> [(String, LogValue)] {
    let trace =
      request.exchange.header(.traceparent).flatMap(TraceContext.init)
      ?? TraceContext(from: &random)
    var fields: [(String, LogValue)] = [
      ("request_id", .string(request.requestIDText)),
      ("method", .string(request.exchange.method.description)),
      ("route", .string(request.route.description.pattern)),
      ("status", .int(status)),
      ("milliseconds", .double(Double(nanoseconds / 1000) / 1000)),
      ("trace_id", .string(trace.traceID)),
    ]
    if let tenant = request.foundTenant { fields.append(("tenant", "\(tenant.id)")) }
    if let principal = request.foundPrincipal { fields.append(("user", "\(principal.user)")) }
    return fields
  }
}

/// Bounds the lines that failures may write: a node that sheds thousands of requests a second must
/// not spend its time on saying so.
struct LogBudget {
  /// Lines a second.
  static let linesPerSecond = 20

  private var second: UInt64 = 0
  private var lines = 0
  private var suppressed = 0

  /// Whether one more line may be written at `now`, in milliseconds.
  mutating func take(now: UInt64) -> Bool {
    if now / 1000 != second {
      second = now / 1000
      lines = 0
    }
    guard lines < Self.linesPerSecond else {
      suppressed += 1
      return false
    }
    lines += 1
    return true
  }

  /// Lines that were not written since the last call, if any.
  mutating func takeSuppressed() -> Int? {
    defer { suppressed = 0 }
    return suppressed > 0 ? suppressed : nil
  }
}
