"""ConfigService: decode, call, encode."""

from collections.abc import Callable
from typing import Any

import grpc
from pydantic import BaseModel

from chassis.grpc.principal import current_principal
from chassis.storage.paging import cursor_of, page_size, page_token
from events.config import Action
from resilience.clock import Clock
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from seawall.config.v1.config_pb2_grpc import ConfigServiceServicer
from services.config.application.apply_manifest import ApplyManifest
from services.config.application.change_configuration import ChangeConfiguration
from services.config.application.create_key import CreateKey
from services.config.application.ports import AuditRecord, Store
from services.config.application.read_configuration import ReadConfiguration
from services.config.application.revoke_key import RevokeKey
from services.config.domain.faults import at
from services.config.domain.key import Key
from services.config.domain.model import Model
from services.config.domain.names import KEY, MODEL, ORGANIZATION, PROJECT, PROVIDER
from services.config.domain.organization import Organization
from services.config.domain.price import Price
from services.config.domain.project import Project
from services.config.domain.provider import Provider
from services.config.entrypoints.grpc import codecs
from services.config.entrypoints.grpc.noun import Methods, Noun, actor, child_name
from services.config.entrypoints.grpc.times import moment, timestamp
