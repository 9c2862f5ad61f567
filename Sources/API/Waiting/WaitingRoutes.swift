internal import Domain
internal import EventLoop
internal import HTTP
internal import Services

/// The page that a visitor waits on.
enum WaitingRoutes {
  static let all: [Route<Node>] = [
    Route(page) { node in
      handler(loop: node.loop) { id, tenant in
        switch node.roomDirectory.find(id, of: tenant) {
        case .known(let entry): .known(WaitingRoom(entry.room))
        case .absent: .absent
        case .unread: .unread
        }
      } load: { id, tenant async throws(APIError) in
        do {
          return try await node.roomDirectory.load(id, of: tenant).map { WaitingRoom($0.room) }
        } catch {
          throw .unavailable
        }
      }
    }
  ]

  static let page = RouteDescription(
    .get, "/waiting/{id}", id: "getWaitingPage",
    summary: "The visitor's page: place, progress, estimated wait; it goes on by itself.",
    tag: "Rooms", access: .anyone,
    query: [
      .init("lang", "The language, instead of Accept-Language's.", .oneOf(["en", "ko"])),
      .init(
        "target",
        "A path of the same origin to go on to, instead of the room's own target. "
          + "Anything else is ignored.", .string),
    ],
    responses: [
      .init(200, "The page.", html),
      .init(404, "A page that says that there is no such room.", html),
    ])

  private static let html = RouteDescription.Response.Content.plain(
    mediaType: "text/html", .string)

  /// What is known of a room at once.
  enum Finding {
    case known(WaitingRoom)
    case absent
    /// It has to be read.
    case unread
  }

  /// Answers requests for the page.
  ///
  /// - Parameters:
  ///   - find: looks for a room of a tenant in memory.
  ///   - load: reads it; nil where there is none.
  static func handler(
    loop: EventLoop, find: @escaping (Identifier, TenantID) -> Finding,
    load: @escaping (Identifier, TenantID) async throws(APIError) -> WaitingRoom?
  ) -> RouteHandler {
    .hot { request in
      guard let id = Identifier(text: request.exchange.parameter(0)) else {
        return request.respond(page: nil)
      }
      let tenant = request.tenant.id
      switch find(id, tenant) {
      case .known(let room): request.respond(page: room)
      case .absent: request.respond(page: nil)
      case .unread:
        loop.spawn {
          do throws(APIError) {
            request.respond(page: try await load(id, tenant))
          } catch {
            request.refuse(error)
          }
        }
      }
    }
  }
}

extension WaitingRoom {
  init(_ room: Room) {
    self.init(
      id: room.id, name: room.name, target: room.target,
      draw: room.lot.map { lot in
        // The seed stays secret until nobody can join the draw any more.
        Draw(
          commitment: lot.seed.commitment, seed: lot.draw == nil ? nil : lot.seed.hexadecimal)
      })
  }
}

extension HotRequest {
  fileprivate func respond(page room: WaitingRoom?) {
    // What cannot be read is left out: a visitor is better served by a page than by a refusal.
    let query = QueryReader(exchange.query)
    let named = (try? query.text("lang")).flatMap { $0 }.flatMap(Language.init(rawValue:))
    let target = (try? query.text("target")).flatMap { $0 }.flatMap(WaitingTarget.init(path:))
    let language = named ?? readerLanguage
    send(status: room == nil ? 404 : 200, contentType: "text/html; charset=utf-8") { output in
      output.append(WaitingPage.headers)
      Envelope.append("Content-Language", language.rawValue, to: output)
    } body: { output in
      WaitingPage.write(room, in: language, target: target, to: output)
    }
  }
}
