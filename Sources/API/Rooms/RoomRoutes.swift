internal import Domain
internal import HTTP
internal import HotPath
internal import Services

/// Waiting rooms as operators manage them.
enum RoomRoutes {
  static let all: [Route<Node>] = [create, list, read, change, revoke]

  private static let create = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/rooms", id: "createRoom", summary: "Create a waiting room.", tag: tag,
      access: .permission(.roomWrite), body: .json(RoomSchema.draft),
      responses: [.init(201, "The room.", .data(RoomSchema.room))])
  ) { node in
    .ordinary { context throws(APIError) in
      let draft = try RoomReader.draft(try context.fields())
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.rooms.create(draft, for: context.tenant.id, by: context.principal.user)
      }
      return .data(RoomView.room(record), status: 201)
    }
  }

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/rooms", id: "listRooms", summary: "Waiting rooms, newest first.", tag: tag,
      access: .permission(.roomRead), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(RoomSchema.room))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { Identifier($0) }
      let records = try await refusing { () async throws(OperatorRefusal) in
        // One more than asked for tells whether another page follows.
        try await node.rooms.list(of: context.tenant.id, before: cursor, limit: limit + 1)
      }
      let page = records.prefix(limit)
      return .page(
        page.map { RoomView.room($0) },
        nextCursor: records.count > limit ? page.last?.room.id.description : nil)
    }
  }

  private static let read = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/rooms/{id}", id: "getRoom",
      summary: "One waiting room, and how it does.", tag: tag, access: .permission(.roomRead),
      responses: [.init(200, "The room.", .data(RoomSchema.room))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.rooms.find(id, of: context.tenant.id)
      }
      return .data(RoomView.room(record, state: await node.rooms.state(of: id)))
    }
  }

  private static let change = Route<Node>(
    RouteDescription(
      .patch, "/v1/admin/rooms/{id}", id: "changeRoom",
      summary: "Change what is named. It takes effect before it is answered.", tag: tag,
      access: .permission(.roomWrite), body: .json(RoomSchema.change),
      responses: [.init(200, "The changed room.", .data(RoomSchema.room))],
      errors: [.conflict])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let change = try RoomReader.change(try context.fields())
      let record = try await refusing { () async throws(OperatorRefusal) in
        try await node.rooms.change(id, of: context.tenant.id, change)
      }
      return .data(RoomView.room(record))
    }
  }

  private static let revoke = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/rooms/{id}/revocations", id: "revokeTickets",
      summary: "End tickets and admissions: those of some users, one by its ticket, or all.",
      tag: tag, access: .permission(.roomWrite), body: .json(RoomSchema.revocation),
      responses: [.init(200, "How many ended.", .data(RoomSchema.revoked))])
  ) { node in
    .ordinary { context throws(APIError) in
      let id = try context.identifier("id")
      let fields = try context.fields()
      let tenant = context.tenant.id
      if try RoomReader.revokesAll(fields) {
        let record = try await refusing { () async throws(OperatorRefusal) in
          try await node.rooms.revokeAll(id, of: tenant)
        }
        return .data(["revoked": nil, "generation": .integer(record.room.generation)])
      }
      let users = try RoomReader.users(fields)
      let text = try RoomReader.ticket(fields)
      let found: RoomEntry?
      do { found = try await node.roomDirectory.load(id, of: tenant) } catch { throw .unavailable }
      guard let entry = found else { throw .notFound }
      var visitors = users.map { node.tickets.visitor($0, of: tenant) }
      if let text {
        guard let ticket = Array(text.utf8).withUnsafeBytes({ entry.tokens.ticket($0) }) else {
          throw .invalid("ticket", "is no ticket of this room")
        }
        visitors.append(ticket.visitor)
      }
      guard let revoked = await node.tickets.revoke(entry, visitors) else { throw .unavailable }
      return .data([
        "revoked": .integer(revoked), "generation": .integer(entry.room.generation),
      ])
    }
  }

  private static let tag = "Rooms"
}
