"""`/admin/v1/accounts` and `/admin/v1/templates`: tenants, and what they may send outside the window."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from parlance.model.fault import Fault, Refusal
from parlance.model.ids import from_text, to_text
from parlance.model.sender import Account, TemplateRecord
from parlance.web import shapes, show
from parlance.web.admin_sending import read_address
from parlance.web.forms import Form, Line, Prose, answer, listed, read_cursor, read_form, read_limit, read_query
from parlance.web.openapi_calls import Call, documented

if TYPE_CHECKING:
    from parlance.engine.house import Engine

_ACCOUNT_NAME = re.compile(r"\w[\w .@-]{0,63}")


class NewAccount(Form):
    """An account to be made."""

    name: Line


class ChangedAccount(Form):
    """What can be changed of an account."""

    credit: Annotated[int | None, Field(ge=0, le=1 << 53)]


class ForgottenCustomer(Form):
    """Whom to forget: a customer of an account, under any address they were known by."""

    account: Line
    customer: Line


class Button(Form):
    """A template's button, in words that are nobody's own."""

    type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]{1,40}$")]
    text: Line = ""
    url: Annotated[str | None, Field(max_length=2000, pattern=r"^[^\x00-\x20\x7f]*$")] = None
    phone_number: Annotated[str | None, StringConstraints(pattern=r"^\+?[0-9]{5,15}$")] = None


class NewTemplate(Form):
    """A template to be registered."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,512}$")]
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$")]
    body: Annotated[Prose, StringConstraints(min_length=1)]
    category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] = "UTILITY"
    account: Line = "default"
    header: Literal["", "text", "image", "video", "document"] = ""
    header_text: Prose = ""
    footer: Prose = ""
    buttons: Annotated[list[Button], Field(default_factory=list, max_length=20)]
    status: Literal["submitted", "approved", "rejected", "paused", "deactivated"] = "approved"


class Accounts:
    """Tenants and their templates, over the engine's doors."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """The calls."""
        return [
            Route("/admin/v1/accounts", self.list_accounts, methods=["GET"]),
            Route("/admin/v1/accounts", self.add_account, methods=["POST"]),
            Route("/admin/v1/accounts/{id}", self.show_account, methods=["GET"]),
            Route("/admin/v1/accounts/{id}", self.change_account, methods=["PATCH"]),
            Route("/admin/v1/customers/forget", self.forget, methods=["POST"]),
            Route("/admin/v1/templates", self.list_templates, methods=["GET"]),
            Route("/admin/v1/templates", self.add_template, methods=["POST"]),
            Route("/admin/v1/templates/{id}", self.show_template, methods=["GET"]),
            Route("/admin/v1/templates/{id}", self.remove_template, methods=["DELETE"]),
        ]

    @documented(Call(query=("after", "limit"), gives={200: shapes.Page[shapes.Account]}))
    async def list_accounts(self, request: Request) -> Response:
        """Accounts in order of id."""
        query = read_query(request, "after", "limit")
        after, limit = read_cursor(query), read_limit(query)
        found = sorted(await self._engine.store.accounts(), key=lambda each: each.id)
        return listed(
            [each for each in found if each.id > after][: limit + 1], limit, show.account, lambda one: to_text(one.id)
        )

    @documented(Call(body=NewAccount, gives={201: shapes.Account, 200: shapes.Account}))
    async def add_account(self, request: Request) -> Response:
        """Make an account: 201, or 200 when there is one of this name."""
        form = await read_form(request, NewAccount)
        known = {each.name for each in await self._engine.store.accounts()}
        return answer(show.account(await self._account(form.name)), 200 if form.name in known else 201)

    @documented(Call(gives={200: shapes.Account}, refuses=(404,)))
    async def show_account(self, request: Request) -> Response:
        """One account."""
        wanted = from_text(request.path_params["id"])
        for each in await self._engine.store.accounts():
            if each.id == wanted:
                return answer(show.account(each))
        raise HTTPException(404, "There is no such account.")

    @documented(Call(body=ChangedAccount, gives={200: shapes.Account}, refuses=(404,)))
    async def change_account(self, request: Request) -> Response:
        """Set how many more messages the account's senders may send; null: as many as they like."""
        form = await read_form(request, ChangedAccount)
        wanted = from_text(request.path_params["id"])
        if wanted is None:
            raise HTTPException(404, "There is no such account.")
        return answer(show.account(await self._engine.store.set_credit(wanted, form.credit)))

    @documented(Call(body=ForgottenCustomer, gives={200: shapes.Forgotten}, refuses=(404,)))
    async def forget(self, request: Request) -> Response:
        """Remove a customer of an account with everything exchanged with them. It cannot be undone."""
        form = await read_form(request, ForgottenCustomer)
        owner = next((each for each in await self._engine.store.accounts() if each.name == form.account), None)
        if owner is None:
            raise HTTPException(404, "There is no such account.")
        count = await self._engine.store.forget_customer(owner.id, read_address(form.customer, "customer"))
        if count is None:
            raise HTTPException(404, "The account has no such customer.")
        await self._engine.dispatch.reload()
        return answer(shapes.Forgotten(messages=count))

    async def _account(self, name: str) -> Account:
        if not _ACCOUNT_NAME.fullmatch(name):
            raise Refusal(Fault.BAD_VALUE, "account", "An account name has 1 to 64 letters, digits, blanks or . @ - _")
        return await self._engine.store.account(name)

    @documented(Call(query=("account", "name", "after", "limit"), gives={200: shapes.Page[shapes.Template]}))
    async def list_templates(self, request: Request) -> Response:
        """Templates in order of id, of one account, of one name."""
        query = read_query(request, "account", "name", "after", "limit")
        after, limit = read_cursor(query), read_limit(query)
        names = await self._names()
        owner = next((each for each, name in names.items() if name == query.get("account")), None)
        if "account" in query and owner is None:
            return listed([], limit, self._shown(names), lambda one: to_text(one.id))
        found = sorted(await self._engine.store.templates(owner, query.get("name", "")), key=lambda each: each.id)
        page = [each for each in found if each.id > after][: limit + 1]
        return listed(page, limit, self._shown(names), lambda one: to_text(one.id))

    @documented(Call(body=NewTemplate, gives={201: shapes.Template}))
    async def add_template(self, request: Request) -> Response:
        """Register a template, of an account that is made if there is none; the same name and language is replaced."""
        form = await read_form(request, NewTemplate)
        account = await self._account(form.account)
        record = TemplateRecord(
            id=self._engine.ids.mint(),
            account_id=account.id,
            name=form.name,
            language=form.language,
            category=form.category,
            status=form.status,
            body=form.body,
            header=form.header,
            header_text=form.header_text,
            footer=form.footer,
            buttons=tuple(button.model_dump(exclude_none=True) for button in form.buttons),
            created_at=self._engine.clock.now(),
        )
        return answer(show.template(await self._engine.store.add_template(record), account.name), 201)

    @documented(Call(gives={200: shapes.Template}, refuses=(404,)))
    async def show_template(self, request: Request) -> Response:
        """One template."""
        wanted = from_text(request.path_params["id"])
        for each in await self._engine.store.templates():
            if each.id == wanted:
                return answer(self._shown(await self._names())(each))
        raise HTTPException(404, "There is no such template.")

    @documented(Call(gives={204: None}, refuses=(404,)))
    async def remove_template(self, request: Request) -> Response:
        """Remove a template."""
        wanted = from_text(request.path_params["id"])
        if wanted is None or not await self._engine.store.remove_template(wanted):
            raise HTTPException(404, "There is no such template.")
        return Response(status_code=204)

    async def _names(self) -> dict[int, str]:
        return {each.id: each.name for each in await self._engine.store.accounts()}

    def _shown(self, names: dict[int, str]) -> Any:
        return lambda one: show.template(one, names.get(one.account_id, ""))
