import Domain
import EventLoop
import Services

@testable import spillway_loadtest

/// The waiting room's contract in memory, with faults to order. Loop-confined.
final class TinyRoom {
  /// What the room does wrong.
  enum Fault: Sendable, CaseIterable {
    case none, admitsTooMany, movesVisitorsBack
    case forgetsReloads, givesNumbersTwice, lapsesAtOnce, letsAdmissionsLive, answersNonsense
    case isBusyAtFirst, neverAdmits
    /// Tells in its metrics that it admits a hundred times as many.
    case countsTooMany
  }

  static let room = Identifier("01890a5d-ac96-774b-bcce-b302099a8057")!

  private struct Guest {
    let number: Int
    var seen: UInt64
    var until: UInt64?
  }

  private let fault: Fault
  private let loop: EventLoop
  private let capacity: Int
  private let rate: Int
  private let session: UInt64
  private let grace: UInt64
  private var guests: [String: Guest] = [:]
  private var next = 1
  private var cookies = 0
  private var requests = 0
  private var polls = 0
  private let startedAt: UInt64
  private var admitted = 0

  /// - Parameters:
  ///   - session: milliseconds; `grace` as well.
  init(
    loop: EventLoop, capacity: Int, rate: Int, session: UInt64, grace: UInt64, fault: Fault
  ) {
    self.loop = loop
    self.capacity = fault == .admitsTooMany ? 2 * capacity : capacity
    // Who comes late to a slow machine must find it full all the same.
    self.rate = fault == .admitsTooMany ? 10 * rate : rate
    self.session = session
    self.grace = grace
    self.fault = fault
    startedAt = loop.milliseconds
  }

  func react(to request: String) -> TinyServer.Reaction {
    let line = request.prefix { $0 != "\r\n" }.split(separator: " ")
    let path = line[1].split(separator: "/")
    if path[0] == "metrics" {
      let count = fault == .countsTooMany ? 100 * admitted : admitted
      return .sendAndClose(
        TinyServer.response(
          200, "spillway_room_admissions_total{room=\"\(Self.room)\"} \(count)\n",
          headers: "Connection: close\r\n"))
    }
    if path.contains("admin") { return administer(String(line[0])) }
    guard path[2] == "\(Self.room)" else { return .send(Self.error(404, "NOT_FOUND")) }
    advance()
    requests += 1
    if fault == .isBusyAtFirst, requests <= 20 {
      return .send(Self.error(503, "INTERNAL_RETRYABLE", headers: "Retry-After: 0\r\n"))
    }
    switch line[0] {
    case "POST": return .send(join(request))
    case "DELETE":
      guests[cookie(of: String(path[4]))] = nil
      return .send("HTTP/1.1 204 No Content\r\nX-Request-Id: r\r\n\r\n")
    default: return .send(poll(cookie(of: String(path[4]))))
    }
  }

  private func administer(_ method: String) -> TinyServer.Reaction {
    let inside = guests.values.count { $0.until != nil }
    let body = #"{"data":{"room_id":"\#(Self.room)","state":{"inside":\#(inside)}}}"#
    return .sendAndClose(
      TinyServer.response(method == "POST" ? 201 : 200, body, headers: "Connection: close\r\n"))
  }

  // MARK: Visitors

  private func ticket(of cookie: String) -> String { "T\(cookie)-\(guests[cookie]!.number)" }

  private func cookie(of ticket: String) -> String {
    let parts = ticket.dropFirst().split(separator: "-")
    let cookie = String(parts[0])
    return guests[cookie].map { "\($0.number)" } == parts[1] ? cookie : ""
  }

  private func join(_ request: String) -> String {
    let header = request.split(separator: "\r\n").first {
      $0.hasPrefix("Cookie: spillway_visitor=")
    }
    var cookie = header.map { String($0.dropFirst("Cookie: spillway_visitor=".count)) } ?? ""
    var headers = ""
    if cookie.isEmpty {
      cookies += 1
      cookie = "\(cookies)"
      headers = "Set-Cookie: spillway_visitor=\(cookie); Path=/\r\n"
    }
    if guests[cookie] == nil || fault == .forgetsReloads {
      guests[cookie] = Guest(number: next, seen: loop.milliseconds)
      next += fault == .givesNumbersTwice && next % 7 == 0 ? 0 : 1
    }
    guests[cookie]!.seen = loop.milliseconds
    return TinyServer.response(201, state(of: cookie), headers: headers)
  }

  private func poll(_ cookie: String) -> String {
    guard guests[cookie] != nil, fault != .lapsesAtOnce else {
      return Self.error(410, "EXPIRED")
    }
    polls += 1
    guests[cookie]!.seen = loop.milliseconds
    if fault == .answersNonsense, polls == 20 { return TinyServer.response(200, "{}") }
    return TinyServer.response(200, state(of: cookie))
  }

  private func state(of cookie: String) -> String {
    let guest = guests[cookie]!
    var data = #""ticket":"\#(ticket(of: cookie))","number":\#(guest.number),"#
    if let until = guest.until {
      let end = Int64(until) - Int64(loop.milliseconds)
      let instant = Instant(milliseconds: WallClock.system.now().milliseconds + end)
      data += #""position":0,"estimated_wait_seconds":0,"poll_after_ms":1000,"status":"ADMITTED","#
      data += #""admission_token":"a","admitted_until":"\#(instant)""#
    } else {
      var position = guests.values.count { $0.until == nil && $0.number <= guest.number }
      if fault == .movesVisitorsBack { position += polls / 50 * 20 }
      data += #""position":\#(position),"estimated_wait_seconds":1,"poll_after_ms":50,"#
      data += #""status":"WAITING""#
    }
    return #"{"data":{\#(data)},"request_id":"r"}"#
  }

  /// Lets end what is over, and admits.
  private func advance() {
    let now = loop.milliseconds
    for (cookie, guest) in guests {
      if let until = guest.until, until <= now, fault != .letsAdmissionsLive {
        guests[cookie] = nil
      } else if guest.until == nil, guest.seen + grace < now {
        guests[cookie] = nil
      }
    }
    guard fault != .neverAdmits else { return }
    let due = Int(now - startedAt) * rate / 1000
    let waiting = guests.filter { $0.value.until == nil }.map { ($0.value.number, $0.key) }.sorted {
      $0 < $1
    }
    var inside = guests.count - waiting.count
    for (_, cookie) in waiting where inside < capacity && admitted < due {
      guests[cookie]!.until = now + session
      inside += 1
      admitted += 1
    }
  }

  private static func error(_ status: Int, _ code: String, headers: String = "") -> String {
    TinyServer.response(
      status, #"{"error":{"code":"\#(code)","message":"no","details":{}},"request_id":"r"}"#,
      headers: headers)
  }
}
