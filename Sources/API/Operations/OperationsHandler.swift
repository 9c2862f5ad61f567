internal import EventLoop
internal import HTTP
internal import Services
internal import Telemetry

/// Answers the operations routes. Loop-confined.
final class OperationsHandler {
  private let metrics: MetricsRegistry
  private let readiness: () -> Readiness
  private let document: [UInt8]
  /// Set when the server takes no more work, so that nobody sends it any.
  var isDraining = false

  init(metrics: MetricsRegistry, readiness: @escaping () -> Readiness, document: [UInt8]) {
    self.metrics = metrics
    self.readiness = readiness
    self.document = document
  }

  func answer(_ operation: RouteHandler.Operation, _ request: HotRequest) {
    switch operation {
    case .health: request.send(["status": "ok"])
    case .readiness: answerReadiness(request)
    case .document: send(document, "application/json", request)
    case .metrics: send(metrics.render(), "text/plain; version=0.0.4; charset=utf-8", request)
    }
  }

  private func answerReadiness(_ request: HotRequest) {
    let readiness = readiness()
    var reasons = readiness.waitingFor
    if isDraining { reasons.insert("its own end: this process drains", at: 0) }
    let closed = JSONValue.array(readiness.closedCells.map(JSONValue.string))
    if reasons.isEmpty {
      request.send(["status": "ready", "closed_cells": closed])
    } else {
      request.send(
        [
          "status": "waiting", "waiting_for": .array(reasons.map(JSONValue.string)),
          "closed_cells": closed,
        ], status: 503)
    }
  }

  private func send(_ bytes: [UInt8], _ contentType: StaticString, _ request: HotRequest) {
    request.send(status: 200, contentType: contentType) { _ in
    } body: {
      $0.append(bytes)
    }
  }
}

extension HotRequest {
  /// Answers JSON without the envelope.
  fileprivate func send(_ value: JSONValue, status: Int = 200) {
    send(status: status) { output in
      guard status == 503 else { return }
      Envelope.append("Retry-After", String(APIError.defaultRetryAfter), to: output)
    } body: { output in
      output.append(value.json)
    }
  }
}
