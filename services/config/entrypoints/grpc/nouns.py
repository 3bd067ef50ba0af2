"""The nouns of ConfigService: what differs between them."""

from seawall.config.v1 import resources_pb2 as pb
from services.config.domain.key import Key
from services.config.domain.model import Model
from services.config.domain.names import MODEL, ORGANIZATION, PROJECT, PROVIDER
from services.config.domain.organization import Organization
from services.config.domain.price import Price
from services.config.domain.project import Project
from services.config.domain.provider import Provider
from services.config.entrypoints.grpc import codecs
from services.config.entrypoints.grpc.noun import Listed, Noun
from services.config.entrypoints.grpc.price_codecs import encode_price
from services.config.entrypoints.grpc.provider_codecs import decode_provider, encode_provider

KEYS: Listed[Key, pb.Key] = Listed(kind=Key, encode=codecs.encode_key, parent=PROJECT, parent_kind=Project)
PRICES: Listed[Price, pb.Price] = Listed(kind=Price, encode=encode_price, parent=ORGANIZATION, parent_kind=Organization)
PROJECTS: Noun[Project, pb.Project] = Noun(
    kind=Project,
    encode=codecs.encode_project,
    parent=ORGANIZATION,
    parent_kind=Organization,
    field="project",
    pattern=PROJECT,
    decode=codecs.decode_project,
)
PROVIDERS: Noun[Provider, pb.Provider] = Noun(
    kind=Provider,
    encode=encode_provider,
    parent=ORGANIZATION,
    parent_kind=Organization,
    field="provider",
    pattern=PROVIDER,
    decode=decode_provider,
)
MODELS: Noun[Model, pb.Model] = Noun(
    kind=Model,
    encode=codecs.encode_model,
    parent=ORGANIZATION,
    parent_kind=Organization,
    field="model",
    pattern=MODEL,
    decode=codecs.decode_model,
)
