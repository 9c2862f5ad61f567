import Domain
import EventLoop
import HTTP

@testable import API

/// What the handlers of the sample routes are made from.
final class SampleServices {
  let loop: EventLoop
  /// Requests that `/v1/held` keeps until the test answers them.
  var held: [HotRequest] = []
  /// Set once the task of `/v1/endless` was cancelled.
  var wasCancelled = false

  init(loop: EventLoop) { self.loop = loop }
}

/// Routes of every kind, for tests of what lies before a handler.
enum SampleRoutes {
  static let table = RouteTable<SampleServices>([
    anyone, user, create, hot, key, held, endless, failing,
  ])

  static let anyone = Route<SampleServices>(
    description(.get, "/v1/open/{name}", id: "getOpen", access: .anyone)
  ) { _ in
    .ordinary { context in .data(["name": .string(context.parameter("name"))]) }
  }

  static let user = Route<SampleServices>(
    description(.get, "/v1/me", id: "getMe", access: .permission([]))
  ) { _ in
    .ordinary { context in
      .data(["user": "\(context.principal.user)", "tenant": "\(context.tenant.id)"])
    }
  }

  static let create = Route<SampleServices>(
    description(
      .post, "/v1/admin/things", id: "createThing", access: .permission(.campaignWrite),
      idempotency: .required,
      body: .json(.object([.required("name", .text(1...20)), .optional("size", .integer(1...9))])))
  ) { _ in
    .ordinary { context throws(APIError) in
      let fields = try context.fields()
      return .data(
        [
          "name": .string(try fields.required("name").text(length: 1...20)),
          "size": JSONValue(try fields.optional("size")?.integer(in: 1...9)),
          "key": .string("\(context.idempotencyKey!)"),
        ], status: 201)
    }
  }

  static let hot = Route<SampleServices>(
    description(
      .post, "/v1/things/{id}/claims", id: "claimThing", access: .permission(.couponClaim),
      idempotency: .optional, body: .empty, errors: [.soldOut])
  ) { _ in
    .hot { request in
      switch request.exchange.parameter(0).text {
      case "gone": return request.refuse(.soldOut)
      case "fast": return request.refuse(.rateLimited, retryAfter: 1)
      default: break
      }
      request.respond(status: 201) { output in
        output.append("Idempotent-Replayed: true\r\n")
      } data: { output in
        output.append(#"{"key":"#)
        output.append(request.idempotencyKey == nil ? "null" : "true")
        output.append("}")
      }
      // A second answer is nobody's.
      request.refuse(.closed)
    }
  }

  static let key = Route<SampleServices>(
    description(
      .put, "/v1/keyed", id: "putKeyed", access: .anyone, idempotency: .required)
  ) { _ in .hot { $0.respond(status: 200) { $0.append("{}") } } }

  static let held = Route<SampleServices>(
    description(.get, "/v1/held", id: "getHeld", access: .anyone)
  ) { services in .hot { services.held.append($0) } }

  static let endless = Route<SampleServices>(
    description(.get, "/v1/endless", id: "getEndless", access: .anyone)
  ) { services in
    .ordinary { _ in
      while !Task.isCancelled { await services.loop.sleep(for: .seconds(60)) }
      services.wasCancelled = true
      return .data([:])
    }
  }

  static let failing = Route<SampleServices>(
    description(.delete, "/v1/admin/things", id: "deleteThings", access: .anyone)
  ) { _ in
    .ordinary { _ throws(APIError) in throw APIError(.internalRetryable, retryAfter: 7) }
  }

  private static func description(
    _ method: HTTPMethod, _ pattern: String, id: String, access: RouteDescription.Access,
    idempotency: RouteDescription.Idempotency = .none, body: RouteDescription.Body = .none,
    errors: [ErrorCode] = []
  ) -> RouteDescription {
    RouteDescription(
      method, pattern, id: id, summary: "A sample.", tag: "samples", access: access,
      idempotency: idempotency, body: body,
      responses: [.init(200, "Done.", .data(.object([])))], errors: errors)
  }
}
