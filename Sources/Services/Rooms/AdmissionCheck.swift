public import Domain
internal import EventLoop
internal import HotPath
internal import Redis

/// Lets those in who come through a room: looks at the admission that a request to a protected route
/// carries. Loop-confined.
///
/// An admission is one person's: that of a user is no good to another user, and that of a guest belongs to
/// the first user who comes with it.
public final class AdmissionCheck {
  /// How long Redis may take to say whose a guest's admission is.
  static let timeout = Duration.seconds(2)

  /// What a look at an admission gave.
  public enum Finding: Equatable, Sendable {
    case admitted
    /// There was an admission to this room, the user's as far as is known, and it counts no more.
    case ended
    /// There is none to this room, or it is somebody else's.
    case refused
    /// The room's state could not be read: who was admitted cannot be told now.
    case unavailable
  }

  /// What this loop can say by itself.
  private enum Look {
    case decided(Finding)
    /// A guest's admission, which may have been somebody's before.
    case unowned(RoomAdmission)
    /// An admission of a generation that this loop has not heard of yet.
    case ahead
  }

  private let directory: RoomDirectory
  private let loop: EventLoop

  init(directory: RoomDirectory, loop: EventLoop) {
    self.directory = directory
    self.loop = loop
  }

  /// Looks whether `user` may be behind the room, now or once what must be known was read.
  ///
  /// - Parameters:
  ///   - token: what stands in `X-Admission-Token`, if anything. Any bytes may be given.
  ///   - completion: called once, possibly before this function returns.
  public func check(
    _ token: UnsafeRawBufferPointer?, to room: Identifier, of tenant: TenantID, user: UserID,
    _ completion: @escaping (Finding) -> Void
  ) {
    if case .known(let entry) = directory.find(room, of: tenant), entry.isFresh(loop.milliseconds) {
      let look = look(entry, token, user)
      if case .ahead = look {} else { return finish(look, entry, user, completion) }
    }
    // The request's bytes do not outlive its answer, but this may.
    let copy = token.map { Array($0) }
    loop.spawn { [self] in
      guard let entry = try? await directory.load(room, of: tenant) else {
        return completion(.unavailable)
      }
      directory.whenFresh(entry) { [self] in
        guard entry.isFresh(loop.milliseconds) else { return completion(.unavailable) }
        guard let copy else { return finish(look(entry, nil, user), entry, user, completion) }
        finish(copy.withUnsafeBytes { look(entry, $0, user) }, entry, user, completion)
      }
    }
  }

  /// What counts the answers to requests behind the room; nil where nothing follows from them.
  public func meter(of room: Identifier, of tenant: TenantID) -> RoomMeter? {
    guard case .known(let entry) = directory.find(room, of: tenant),
      entry.room.terms.adaptive != nil
    else { return nil }
    return entry.meter
  }

  private func look(_ entry: RoomEntry, _ token: UnsafeRawBufferPointer?, _ user: UserID) -> Look {
    if entry.takesAll(loop.milliseconds) || entry.room.bypass.contains(user) {
      return .decided(.admitted)
    }
    guard let token, let admission = entry.tokens.admission(token) else {
      return .decided(.refused)
    }
    if admission.generation > entry.room.generation { return .ahead }
    let isCurrent = admission.generation == entry.room.generation
    let counts =
      isCurrent && admission.expiresAt.milliseconds > entry.redisTime(loop.milliseconds)
      && !entry.hasEnded(admission.number)
    let own = Look.decided(counts ? .admitted : .ended)
    if !admission.visitor.isGuest {
      return admission.visitor == .user(user, of: entry.room.tenant) ? own : .decided(.refused)
    }
    if isCurrent, let owner = entry.owners[admission.number] {
      return owner == user ? own : .decided(.refused)
    }
    guard counts else { return .decided(.ended) }
    return .unowned(admission)
  }

  private func finish(
    _ look: Look, _ entry: RoomEntry, _ user: UserID, _ completion: @escaping (Finding) -> Void
  ) {
    switch look {
    case .decided(let finding): completion(finding)
    case .unowned(let admission): claim(admission, entry, user, completion)
    // The terms have just been read, and not this generation.
    case .ahead: completion(.unavailable)
    }
  }

  /// Makes a guest's admission the user's, unless it is somebody else's.
  private func claim(
    _ admission: RoomAdmission, _ entry: RoomEntry, _ user: UserID,
    _ completion: @escaping (Finding) -> Void
  ) {
    let key = entry.path.keys.owner(of: admission.number, generation: admission.generation)
    let left = admission.expiresAt.milliseconds - entry.redisTime(loop.milliseconds)
    var replies = 0
    entry.client.call(expectedReplies: 2, timeout: Self.timeout) { writer in
      writer.command(argumentCount: 6)
      writer.argument("SET" as StaticString)
      writer.argument(key)
      writer.argument(user.description)
      writer.argument("NX" as StaticString)
      writer.argument("PX" as StaticString)
      writer.argument(max(1, Int(left)))
      writer.command(argumentCount: 2)
      writer.argument("GET" as StaticString)
      writer.argument(key)
    } completion: { reply in
      replies += 1
      guard replies == 2 else { return }
      guard reply.kind == .string, let owner = UserID(reply.text) else {
        return completion(.unavailable)
      }
      entry.note(owner: owner, of: admission.number)
      completion(owner == user ? .admitted : .refused)
    }
  }
}
