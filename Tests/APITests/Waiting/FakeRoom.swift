import Domain
import EventLoop
import HTTP

@testable import API

/// A waiting room in memory behind the routes of the real one, to be moved by hand. It knows no
/// visitors' cookies: whoever joins without a ticket gets a new one. Loop-confined.
final class FakeRoom {
  static let id = Identifier("0195d2e0-0000-7000-8000-000000000001")!

  let loop: EventLoop
  var room = WaitingRoom(
    id: FakeRoom.id, name: "Sneaker drop", target: WaitingTarget(path: "/shop"))
  /// What every request for a ticket is refused with.
  var refusal: APIError?
  /// The positions of those who wait, by ticket.
  var positions: [String: Int] = [:]
  var admitted: Set<String> = []
  /// Until when the room only collects visitors.
  var opensAt: Instant?
  /// Whether lots decide who is next.
  var isByLot = false
  var pollAfter = 150
  /// Seconds per place, for the estimate.
  var pace = 4
  private(set) var joins = 0
  private(set) var polls = 0
  private(set) var left: [String] = []

  init(loop: EventLoop) { self.loop = loop }

  fileprivate func join() -> (Int, JSONValue) {
    joins += 1
    let ticket = "ticket-\(joins).signature_A"
    positions[ticket] = 120
    return (201, state(of: ticket))
  }

  fileprivate func poll(_ ticket: String) -> JSONValue? {
    polls += 1
    guard positions[ticket] != nil else { return Optional.none }
    return state(of: ticket)
  }

  fileprivate func leave(_ ticket: String) {
    left.append(ticket)
    positions[ticket] = nil
  }

  private func state(of ticket: String) -> JSONValue {
    var state = JSONObject()
    state["ticket"] = .string(ticket)
    state["number"] = JSONValue(40_000 + joins)
    state["poll_after_ms"] = JSONValue(pollAfter)
    if admitted.contains(ticket) {
      state["status"] = "ADMITTED"
      state["admission_token"] = "admission.of.\(ticket)"
      state["admitted_until"] = "2099-01-01T00:10:00.000Z"
    } else {
      let position = positions[ticket]!
      state["status"] = "WAITING"
      state["position"] = opensAt == nil && !isByLot ? JSONValue(position) : .null
      state["estimated_wait_seconds"] = opensAt == nil ? JSONValue(position * pace) : .null
      if let opensAt { state["opens_at"] = "\(opensAt)" }
    }
    return .object(state)
  }

  // MARK: Routes

  static let table = RouteTable<FakeRoom>([
    Route(WaitingRoutes.page) { fake in
      WaitingRoutes.handler(loop: fake.loop) { id, _ in
        id == fake.room.id ? .known(fake.room) : .unread
      } load: { _, _ in
        nil
      }
    },
    route(.post, "/v1/rooms/{id}/tickets", id: "join") { fake, request in
      let (status, data) = fake.join()
      request.respond(status: status) { $0.append(data.json) }
    },
    route(.get, "/v1/rooms/{id}/tickets/{ticket}", id: "poll") { fake, request in
      guard let data = fake.poll(request.exchange.parameter(1).text) else {
        return request.refuse(APIError(.expired))
      }
      request.respond(status: 200) { $0.append(data.json) }
    },
    route(.delete, "/v1/rooms/{id}/tickets/{ticket}", id: "leave") { fake, request in
      fake.leave(request.exchange.parameter(1).text)
      request.exchange.respond(status: 204, contentType: "") { _ in }
    },
    Route(description(.get, "/shop", id: "shop")) { _ in
      .hot { request in
        request.send(status: 200, contentType: "text/html") { _ in
        } body: {
          $0.append("<!doctype html><title>Shop</title><h1>The shop</h1>")
        }
      }
    },
  ])

  private static func route(
    _ method: HTTPMethod, _ pattern: String, id: String,
    _ answer: @escaping @Sendable (FakeRoom, HotRequest) -> Void
  ) -> Route<FakeRoom> {
    Route(description(method, pattern, id: id)) { fake in
      .hot { request in
        if let refusal = fake.refusal { return request.refuse(refusal) }
        answer(fake, request)
      }
    }
  }

  private static func description(
    _ method: HTTPMethod, _ pattern: String, id: String
  ) -> RouteDescription {
    RouteDescription(
      method, pattern, id: id, summary: "A fake.", tag: "fakes", access: .anyone,
      responses: [.init(200, "Done.", .data(.object([])))])
  }
}
