internal import Domain
internal import Telemetry

/// What is counted of one room by its admitter.
struct RoomMetrics {
  let admitted: Counter
  let lapsed: Counter
  let waiting: Gauge
  let inside: Gauge
  let rate: Gauge

  init(_ registry: MetricsRegistry, room: Identifier) {
    let labels = [("room", "\(room)")]
    admitted = registry.counter(
      "spillway_room_admissions_total", "Visitors admitted.", labels: labels)
    lapsed = registry.counter(
      "spillway_room_lapsed_total", "Tickets whose holders stayed away for the grace.",
      labels: labels)
    waiting = registry.gauge("spillway_room_waiting", "Tickets that wait.", labels: labels)
    inside = registry.gauge("spillway_room_inside", "Places taken.", labels: labels)
    rate = registry.gauge(
      "spillway_room_rate", "Admissions a second that are allowed at the moment.", labels: labels)
  }

  func took(_ report: AdmissionReport) {
    admitted.add(report.admitted)
    lapsed.add(report.lapsed)
    waiting.set(report.waiting)
    inside.set(report.inside)
  }
}
