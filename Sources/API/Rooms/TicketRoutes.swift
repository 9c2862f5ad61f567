internal import Domain
internal import Services

/// The visitors' side of waiting rooms.
enum TicketRoutes {
  static let all: [Route<Node>] = [
    Route(join) { node in
      let handler = TicketHandler(node: node)
      return .hot { handler.join($0) }
    },
    Route(poll) { node in
      let handler = TicketHandler(node: node)
      return .hot { handler.poll($0) }
    },
    Route(leave) { node in
      let handler = TicketHandler(node: node)
      return .hot { handler.leave($0) }
    },
  ]

  private static let join = RouteDescription(
    .post, "/v1/rooms/{id}/tickets", id: "joinRoom",
    summary: "Get in line. The same visitor gets the same ticket.", tag: tag, access: .visitor,
    body: .empty,
    responses: [
      .init(
        201,
        "The ticket. A guest also gets a cookie that brings the same ticket again.", .data(ticket))
    ],
    errors: [.notFound, .closed], rateClass: .hot, cookie: "\(VisitorCookie.name)")

  private static let poll = RouteDescription(
    .get, "/v1/rooms/{id}/tickets/{ticket}", id: "getTicket",
    summary: "Where a ticket stands. To be asked again after poll_after_ms.", tag: tag,
    access: .anyone,
    responses: [.init(200, "The ticket as it is now.", .data(ticket))],
    errors: [.notFound, .forbidden, .expired])

  private static let leave = RouteDescription(
    .delete, "/v1/rooms/{id}/tickets/{ticket}", id: "leaveRoom",
    summary: "Give up a ticket or an admission: the place is free at once.", tag: tag,
    access: .anyone,
    responses: [.init(204, "It is given up, now or before.", .none)],
    errors: [.notFound, .forbidden])

  private static let tag = "Rooms"

  static let ticket = Schema.object([
    .required("ticket", Schema.string.described("Signed; needs no token and no cookie.")),
    .required("number", Schema.integer.described("By arrival; the ticket's for good.")),
    .required(
      "position",
      Schema.integer.nullable.described(
        "1 for the next one; never rises. Null while no order says it: before a draw, or where "
          + "lots decide.")),
    .required("estimated_wait_seconds", Schema.integer.nullable),
    .required("poll_after_ms", .integer),
    .required("status", .oneOf(["WAITING", "ADMITTED"])),
    .optional(
      "opens_at", Schema.instant.described("Before the room opens: from then on it admits.")),
    .optional(
      "admission_token",
      Schema.string.described("For X-Admission-Token on routes behind the room.")),
    .optional("admitted_until", .instant),
  ]).named("RoomTicket")
}
